import { request as httpRequest } from 'node:http';
import { newId } from '@freight/kernel';
import { sealContexts } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, insertJob, startGatewayFixture } from './gatewayFixture.ts';

let f: GatewayFixture;
let a: { id: string; key: string };
let b: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture({ FREIGHT_ALLOWED_HOSTS: 'api.affinity.co,127.0.0.1:4711' });
  a = await f.tenant();
  b = await f.tenant();
});
afterAll(() => f.stop());

describe('a request that is wrong', () => {
  it('is told everything at once: path, query, headers and body', async () => {
    const answer = await f.api.call('PATCH', '/v1/connections/NOT-AN-ID?colour=red', {
      key: a.key,
      headers: { 'idempotency-key': 'with spaces in it' },
      body: { name: '', credentials: { apiKey: 1, extra: true }, 'odd/na~me': 1 },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('invalid_request');
    expect(answer.body.errors.map((one: { pointer: string }) => one.pointer).sort()).toEqual([
      '/credentials/apiKey',
      '/credentials/extra',
      '/name',
      '/odd~1na~0me',
      'header.idempotency-key',
      'path.connectionId',
      'query.colour',
    ]);
  });

  it('with malformed JSON is refused, with its other faults', async () => {
    const answer = await f.api.call('POST', '/v1/connections?x=1', { key: a.key, body: '{"name": ' });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_json']);
    expect(answer.body.errors.map((one: { pointer: string }) => one.pointer)).toEqual(['query.x', '']);
  });

  it.each([
    ['NUL', '{"label":"a\\u0000b"}'],
    ['half a surrogate pair', '{"label":"a\\ud800"}'],
  ])('with %s in a text is refused before anything stores it', async (_, body) => {
    const answer = await f.api.call('POST', '/v1/api-keys', { key: a.key, body });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/label']);
  });

  it('with another content type gets 415, and a body where none belongs gets 400', async () => {
    const typed = await f.api.call('POST', '/v1/jobs', {
      key: a.key,
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect([typed.status, typed.body.code]).toEqual([415, 'unsupported_media_type']);
    const bodied = await f.api.call('POST', `/v1/jobs/${newId()}/start`, { key: a.key, body: { run: 1 } });
    expect([bodied.status, bodied.body.code]).toEqual([400, 'invalid_request']);
  });

  it('to a path or by a method that is not known gets a problem', async () => {
    const path = await f.api.call('GET', '/v2/jobs', { key: a.key });
    expect([path.status, path.body.code]).toEqual([404, 'not_found']);
    const method = await f.api.call('PUT', '/v1/jobs', { key: a.key, body: {} });
    expect([method.status, method.body.code, method.headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'POST, GET, HEAD',
    ]);
  });

  it.each([true, false])('of 20 MB is refused without being taken in (declared length: %s)', async declared => {
    const before = process.memoryUsage().rss;
    const status = await new Promise<number>((resolve, reject) => {
      const size = 20 * 1024 * 1024;
      const request = httpRequest(
        `${f.api.url}/v1/jobs`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${a.key}`,
            'content-type': 'application/json',
            ...(declared ? { 'content-length': size } : {}),
          },
        },
        response => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      // The server may hang up while we still send: the answer was there before.
      request.on('error', reject);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      let sent = 0;
      const send = (): void => {
        while (sent < size) {
          sent += chunk.length;
          if (!request.write(chunk)) return void request.once('drain', send);
        }
        request.end();
      };
      send();
    });
    expect(status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('what belongs to another tenant', () => {
  it('is answered with the same bytes as what does not exist, by every operation', async () => {
    const jobId = await insertJob(f.database, a.id);
    const made = await f.api.call('POST', '/v1/connections', {
      key: a.key,
      body: { name: 'A', system: 'affinity', credentials: { apiKey: 'secret-of-a' } },
    });
    expect(made.status).toBe(201);
    const sent = await f.api.call('POST', '/v1/api-keys', { key: a.key, body: { label: 'k' } });
    expect(sent.status).toBe(201);
    const [command] = await f.database.admin`select id from commands where tenant_id = ${a.id} limit 1`;
    const places: [string, (id: string) => string, string][] = [
      ['GET', id => `/v1/jobs/${id}`, jobId],
      ['GET', id => `/v1/jobs/${id}/events`, jobId],
      ['GET', id => `/v1/jobs/${id}/records`, jobId],
      ['GET', id => `/v1/connections/${id}`, made.body.id],
      ['DELETE', id => `/v1/connections/${id}`, made.body.id],
      ['POST', id => `/v1/connections/${id}/test`, made.body.id],
      ['GET', id => `/v1/commands/${id}`, command?.['id']],
    ];
    for (const [method, path, id] of places) {
      const notYours = await f.api.call(method, path(id), { key: b.key });
      const notThere = await f.api.call(method, path(newId()), { key: b.key });
      expect([method, path('…'), notYours.status]).toEqual([method, path('…'), 404]);
      expect(notYours.text).toBe(notThere.text);
    }
    expect((await f.api.call('GET', `/v1/connections/${made.body.id}`, { key: a.key })).status).toBe(200);
  });
});

describe('a list', () => {
  it('goes on by its cursor, and refuses every other cursor', async () => {
    const tenant = await f.tenant();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      // Two of the same millisecond: the id decides.
      ids.push(await insertJob(f.database, tenant.id, { createdAt: new Date(1_700_000_000_000 + Math.floor(i / 2)) }));
    }
    await insertJob(f.database, tenant.id, { deleted: true });
    const seen: string[] = [];
    let cursor: string | null = null;
    const cursors: string[] = [];
    do {
      const answer = await f.api.call('GET', `/v1/jobs?limit=2${cursor ? `&cursor=${cursor}` : ''}`, {
        key: tenant.key,
      });
      expect(answer.status).toBe(200);
      seen.push(...answer.body.items.map((one: { id: string }) => one.id));
      cursor = answer.body.nextCursor;
      if (cursor) cursors.push(cursor);
    } while (cursor);
    expect(seen.sort()).toEqual(ids.sort());

    const mine = cursors[0] ?? '';
    const decoded = JSON.parse(Buffer.from(mine, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...decoded, k: ['2000-01-01T00:00:00Z', newId()] })).toString(
      'base64url',
    );
    const tries: [string, string][] = [
      [tenant.key, `/v1/jobs?cursor=${forged}`],
      [tenant.key, `/v1/jobs?cursor=${mine}x`.replace(/.x$/, 'x')],
      [tenant.key, '/v1/jobs?cursor=abc'],
      [tenant.key, `/v1/jobs?status=running&cursor=${mine}`],
      [tenant.key, `/v1/connections?cursor=${mine}`],
      [b.key, `/v1/jobs?cursor=${mine}`],
    ];
    for (const [key, path] of tries) {
      const answer = await f.api.call('GET', path, { key });
      expect([path, answer.status, answer.body.code]).toEqual([path, 400, 'invalid_cursor']);
    }
  });

  it('of records shows what became of them, with the message opened', async () => {
    const runId = newId();
    const jobId = await insertJob(f.database, a.id, { runId });
    const vault = await f.vault.of(a.id);
    for (const [sourceId, outcome] of [
      ['1', 'created'],
      ['2', 'failed'],
      ['3', 'failed'],
    ] as const) {
      const sealed =
        outcome === 'failed'
          ? vault.seal('no such country', sealContexts.outcome(a.id, runId, 'organizations', sourceId))
          : null;
      await f.database.admin`
        insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome, reason, sealed_message)
        values (${a.id}, ${jobId}, ${runId}, 'organizations', ${sourceId}, ${outcome}, null, ${sealed})`;
    }
    const all = await f.api.call('GET', `/v1/jobs/${jobId}/records`, { key: a.key });
    expect(all.body.items.map((one: { sourceId: string }) => one.sourceId)).toEqual(['1', '2', '3']);
    const failed = await f.api.call('GET', `/v1/jobs/${jobId}/records?outcome=failed&object=organizations&limit=1`, {
      key: a.key,
    });
    expect(failed.body.items[0]).toMatchObject({ sourceId: '2', outcome: 'failed', message: 'no such country' });
    const rest = await f.api.call(
      'GET',
      `/v1/jobs/${jobId}/records?outcome=failed&object=organizations&limit=1&cursor=${failed.body.nextCursor}`,
      { key: a.key },
    );
    expect(rest.body.items.map((one: { sourceId: string }) => one.sourceId)).toEqual(['3']);
    expect(rest.body.nextCursor).toBeNull();
  });
});

describe('a job', () => {
  it('that has not changed costs no body', async () => {
    const jobId = await insertJob(f.database, a.id);
    const first = await f.api.call('GET', `/v1/jobs/${jobId}`, { key: a.key });
    expect(first.headers.get('etag')).toBe('W/"3"');
    const again = await f.api.call('GET', `/v1/jobs/${jobId}`, {
      key: a.key,
      headers: { 'if-none-match': '"x", W/"3"' },
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('that is deleted is not there', async () => {
    const jobId = await insertJob(f.database, a.id, { deleted: true });
    expect((await f.api.call('GET', `/v1/jobs/${jobId}`, { key: a.key })).status).toBe(404);
  });
});

describe('a connection', () => {
  const create = (body: object) =>
    f.api.call('POST', '/v1/connections', {
      key: a.key,
      body: { name: 'C', system: 'affinity', credentials: { apiKey: 'very-secret-credential' }, ...body },
    });

  it('leads only to hosts that the operator allows', async () => {
    for (const baseUrl of [
      'https://169.254.169.254',
      'https://api.affinity.co.evil.example',
      'https://api.affinity.co:8443',
      'http://127.0.0.1:4712',
    ]) {
      const answer = await create({ baseUrl });
      expect([baseUrl, answer.status, answer.body.code]).toEqual([baseUrl, 422, 'host_not_allowed']);
    }
    for (const baseUrl of [
      'http://api.affinity.co',
      'https://user:pass@api.affinity.co',
      'https://api.affinity.co?x=1',
    ]) {
      expect([baseUrl, (await create({ baseUrl })).status]).toEqual([baseUrl, 400]);
    }
    const made = await create({ baseUrl: 'http://127.0.0.1:4711/affinity/' });
    expect([made.status, made.body.baseUrl]).toEqual([201, 'http://127.0.0.1:4711/affinity']);
    // The other vendor's host is not on this deployment's list, not even as the default.
    expect((await create({ system: 'attio' })).status).toBe(422);
  });

  it('lives: create, read, list, change, delete; its credentials show nowhere', async () => {
    const made = await create({ name: 'One' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/connections/${made.body.id}`);
    const path = `/v1/connections/${made.body.id}`;
    expect((await f.api.call('GET', path, { key: a.key })).body).toEqual(made.body);
    const changed = await f.api.call('PATCH', path, {
      key: a.key,
      body: { name: 'Two', credentials: { apiKey: 'another-credential' } },
    });
    expect(changed.body).toMatchObject({ name: 'Two', baseUrl: 'https://api.affinity.co' });
    const list = await f.api.call('GET', '/v1/connections', { key: a.key });
    expect(list.body.items.map((one: { name: string }) => one.name)).toContain('Two');
    const [secret] = await f.database
      .admin`select sealed from connection_secrets where connection_id = ${made.body.id}`;
    const vault = await f.vault.of(a.id);
    expect(vault.open(secret?.['sealed'], sealContexts.credentials(a.id, made.body.id))).toBe(
      '{"apiKey":"another-credential"}',
    );

    const deleted = await f.api.call('DELETE', path, { key: a.key });
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await f.api.call('GET', path, { key: a.key })).status).toBe(404);
    expect((await f.api.call('DELETE', path, { key: a.key })).status).toBe(404);
    expect(await f.database.admin`select 1 from connection_secrets where connection_id = ${made.body.id}`).toHaveLength(
      0,
    );

    const everything = [f.logs.join('')];
    for (const table of ['tenant_events', 'tenant_streams', 'connections', 'commands']) {
      const rows = await f.database.admin.unsafe(`select t::text as text from ${table} t`);
      everything.push(...rows.map(row => String(row['text'])));
    }
    expect(everything.join('')).not.toMatch(/very-secret-credential|another-credential/);
  });
});
