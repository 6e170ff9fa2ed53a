import { problem, streams } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { sealContexts } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;
let a: { id: string; key: string };
let b: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture({ FREIGHT_COMMAND_REPLY_TIMEOUT_MS: '3500' });
  a = await f.tenant();
  b = await f.tenant();
});
afterAll(() => f.stop());

const createKey = (key: string, body: object, headers: Record<string, string> = {}) =>
  f.api.call('POST', '/v1/api-keys', { key, body, headers });

const countKeys = async (tenantId: string) =>
  (await f.database.admin`select count(*)::int as n from api_keys where tenant_id = ${tenantId}`)[0]?.['n'] as number;

const commandDone = async (key: string, location: string) => {
  let answer = await f.api.call('GET', location, { key });
  await until('the command is done', async () => {
    answer = await f.api.call('GET', location, { key });
    return answer.body.state === 'done';
  });
  return answer.body;
};

describe('an idempotency key', () => {
  it('gets the same answer for the same request, and the secret only once', async () => {
    const headers = { 'idempotency-key': newId() };
    const before = await countKeys(a.id);
    const first = await createKey(a.key, { label: 'one', scopes: ['read'] }, headers);
    // The order of names in an object does not make another request.
    const again = await createKey(a.key, { scopes: ['read'], label: 'one' }, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.body.secret).toMatch(/^frt_test_[0-9A-Za-z]{32}$/);
    expect(again.body).toEqual({ ...first.body, secret: null });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await countKeys(a.id)).toBe(before + 1);
    expect((await f.api.call('GET', '/v1/jobs', { key: first.body.secret })).status).toBe(200);
  });

  it('gives refusals again too', async () => {
    const headers = { 'idempotency-key': newId() };
    const path = `/v1/connections/${newId()}`;
    const first = await f.api.call('DELETE', path, { key: a.key, headers });
    const again = await f.api.call('DELETE', path, { key: a.key, headers });
    expect([first.status, again.status, again.text]).toEqual([404, 404, first.text]);
    expect(again.headers.get('content-type')).toBe('application/problem+json');
  });

  it('is refused for another body, path or method', async () => {
    const headers = { 'idempotency-key': newId() };
    expect((await createKey(a.key, { label: 'x' }, headers)).status).toBe(201);
    for (const answer of [
      await createKey(a.key, { label: 'y' }, headers),
      await f.api.call('DELETE', `/v1/connections/${newId()}`, { key: a.key, headers }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_key_reused']);
    }
  });

  it('of one tenant says nothing of the same key of another', async () => {
    const headers = { 'idempotency-key': newId() };
    expect((await createKey(a.key, { label: 'x' }, headers)).status).toBe(201);
    const other = await createKey(b.key, { label: 'y' }, headers);
    expect([other.status, other.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });

  it('lets one of many requests at once through', async () => {
    const headers = { 'idempotency-key': newId() };
    const before = await countKeys(a.id);
    const answers = await Promise.all(Array.from({ length: 8 }, () => createKey(a.key, { label: 'race' }, headers)));
    for (const answer of answers) {
      if (answer.status === 201) continue;
      expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
        409,
        'command_in_flight',
        '1',
      ]);
    }
    expect(answers.filter(one => one.status === 201 && one.body.secret !== null)).toHaveLength(1);
    expect(await countKeys(a.id)).toBe(before + 1);
  });
});

describe('a command whose reply takes long', () => {
  it('is answered 202 with its place, which only its tenant can read, and its reply stands there later', async () => {
    await f.stopTenants();
    const headers = { 'idempotency-key': newId() };
    const answer = await createKey(a.key, { label: 'later' }, { ...headers, prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('preference-applied')).toBe('respond-async');
    // Nothing else will ever show the secret.
    expect(answer.body.secret).toMatch(/^frt_test_/);
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/v1/commands/${answer.body.commandId}`);
    const pending = await f.api.call('GET', location, { key: a.key });
    expect(pending.body).toMatchObject({ state: 'pending', reply: null, type: 'create-api-key' });
    expect((await f.api.call('GET', location, { key: b.key })).status).toBe(404);
    const early = await createKey(a.key, { label: 'later' }, headers);
    expect([early.status, early.body.code]).toEqual([409, 'command_in_flight']);

    await f.startTenants();
    const done = await commandDone(a.key, location);
    expect(done.reply).toMatchObject({ status: 201, body: { label: 'later', secret: null } });
    expect((await f.api.call('GET', '/v1/jobs', { key: answer.body.secret })).status).toBe(200);
    const repeat = await createKey(a.key, { label: 'later' }, headers);
    expect([repeat.status, repeat.body.id]).toEqual([201, done.reply.body.id]);
  });

  it('waits no longer than the setting', async () => {
    await f.stopTenants();
    const start = performance.now();
    const answer = await createKey(a.key, { label: 'slow' });
    expect(answer.status).toBe(202);
    expect(performance.now() - start).toBeGreaterThan(3400);
    expect(performance.now() - start).toBeLessThan(8000);
    await f.startTenants();
    await commandDone(a.key, answer.headers.get('location') ?? '');
  });
});

describe('a broker that is lost', () => {
  it('costs no command: it is recorded, and carried out when the broker is back', async () => {
    await f.nats.kill();
    await until('the gateway has noticed', () => !f.bus.isConnected());
    const answer = await createKey(a.key, { label: 'meanwhile' });
    expect(answer.status).toBe(202);
    await f.nats.restart();
    const done = await commandDone(a.key, answer.headers.get('location') ?? '');
    expect(done.reply.status).toBe(201);
  });

  it('that forgot everything gets pending commands again, each carried out once', async () => {
    await f.stopTenants();
    const answer = await createKey(a.key, { label: 'wiped' }, { prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    await f.nats.wipe();
    await f.startTenants();
    const done = await commandDone(a.key, answer.headers.get('location') ?? '');
    expect(done.reply.status).toBe(201);
    const events = await f.database.admin`
      select 1 from tenant_events where metadata ->> 'commandId' = ${answer.body.commandId}`;
    expect(events).toHaveLength(1);
  });
});

describe('what is recorded of a command', () => {
  it('is sealed, and its fingerprint is not a plain hash', async () => {
    const body = { label: 'a-label-to-look-for' };
    expect((await createKey(a.key, body)).status).toBe(201);
    const rows = await f.database.admin`
      select id, sealed from commands where tenant_id = ${a.id} order by created_at desc limit 1`;
    expect(Buffer.from(rows[0]?.['sealed']).toString('latin1')).not.toContain(body.label);
    const opened = (await f.vault.of(a.id)).open(rows[0]?.['sealed'], sealContexts.command(a.id, rows[0]?.['id']));
    expect(JSON.parse(opened)).toMatchObject({ type: 'create-api-key', tenantId: a.id, callerTenantId: a.id });
  });
});

describe('commands of jobs', () => {
  it('carry ids that the gateway makes, and their replies come back as they are', async () => {
    const bodies: unknown[] = [];
    const refusal = { status: 409, body: { ...problem('invalid_transition', 'It has ended.') } };
    const handler = (answer: { status: number; body: Record<string, unknown> }) => (command: { body: unknown }) => {
      bodies.push(command.body);
      return Promise.resolve(() => Promise.resolve(answer));
    };
    const jobId = newId();
    const consumer = f.answerJobs({
      'create-job': handler({ status: 201, body: { id: jobId } }),
      'start-job': handler({ status: 200, body: { id: jobId } }),
      'pause-job': handler(refusal),
      'resume-job': handler(refusal),
      'cancel-job': handler(refusal),
      'delete-job': handler({ status: 204, body: {} }),
    });
    try {
      // The broker has just come back from nothing: a request of the consumer's that was lost meanwhile is made again after some seconds.
      await expect.poll(() => f.bus.depth(streams.commands, 'commands-jobs'), { timeout: 20_000 }).toBeDefined();
      const request = { name: 'J', source: { connectionId: newId() }, target: { connectionId: newId() } };
      const created = await f.api.call('POST', '/v1/jobs', { key: a.key, body: request });
      expect([created.status, created.headers.get('location')]).toEqual([201, `/v1/jobs/${jobId}`]);
      expect(bodies[0]).toMatchObject({
        request: { ...request, config: { objects: ['organizations', 'persons', 'opportunities'] } },
      });
      expect((await f.api.call('POST', `/v1/jobs/${jobId}/start`, { key: a.key })).status).toBe(200);
      expect(bodies[1]).toMatchObject({ jobId, runId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      for (const action of ['pause', 'resume', 'cancel']) {
        const answer = await f.api.call('POST', `/v1/jobs/${jobId}/${action}`, { key: a.key });
        expect([action, answer.status, answer.body]).toEqual([action, 409, refusal.body]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
      }
      const deleted = await f.api.call('DELETE', `/v1/jobs/${jobId}`, { key: a.key });
      expect([deleted.status, deleted.text]).toEqual([204, '']);
    } finally {
      await consumer.stop();
    }
  });
});
