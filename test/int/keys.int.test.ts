/** The life of an API key: made, listed, rotated, revoked. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platformTenantId, streams, subjects } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { migrate } from '@freight/postgres';
import { rebuildTenants } from '@freight/tenants/rebuild';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';
import { quick, use } from './revocationUse.ts';

let f: GatewayFixture;
let tenant: { id: string; key: string };
let other: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture();
  tenant = await f.tenant(quick);
  other = await f.tenant(quick);
});
afterAll(() => f.stop());

const create = async (body: object = {}, key = tenant.key): Promise<{ id: string; secret: string }> => {
  const answer = await f.api.call('POST', '/v1/api-keys', { key, body: { label: 'further', ...body } });
  expect(answer.status).toBe(201);
  return answer.body;
};
const list = async (query = '', key = tenant.key) => (await f.api.call('GET', `/v1/api-keys${query}`, { key })).body;
const find = async (id: string, key = tenant.key) =>
  (await list('?limit=200', key)).items.find((one: { id: string }) => one.id === id);
const revoke = (id: string, key = tenant.key, query = '', headers: Record<string, string> = {}) =>
  f.api.call('DELETE', `/v1/api-keys/${id}${query}`, { key, headers });
const rotate = (id: string, body: object, key = tenant.key, headers: Record<string, string> = {}) =>
  f.api.call('POST', `/v1/api-keys/${id}/rotate`, { key, body, headers });

describe('the list of keys', () => {
  it('shows everything of each key but the key, newest first, page by page', async () => {
    const mine = await f.tenant(quick);
    const made = await create({ label: 'Reports', scopes: ['read'], expiresAt: '2099-01-01T00:00:00.000Z' }, mine.key);
    await create({ label: 'Third' }, mine.key);
    const all = await list('', mine.key);
    expect(all.items.map((one: { label: string }) => one.label)).toEqual(['Third', 'Reports', 'First key']);
    expect(all.items[1]).toEqual({
      id: made.id,
      prefix: made.secret.slice(0, 17),
      label: 'Reports',
      scopes: ['read'],
      status: 'active',
      expiresAt: '2099-01-01T00:00:00.000Z',
      createdAt: expect.any(String) as string,
      revokedAt: null,
      lastUsedAt: null,
      useCount: 0,
    });
    for (const secret of [made.secret, mine.key]) expect(JSON.stringify(all)).not.toContain(secret.slice(17));
    expect(JSON.stringify(all)).not.toContain('$2');
    const first = await list('?limit=2', mine.key);
    const rest = await list(`?limit=2&cursor=${first.nextCursor}`, mine.key);
    expect([...first.items, ...rest.items]).toEqual(all.items);
  });

  it('counts the uses of a key', async () => {
    const key = await create();
    for (let i = 0; i < 3; i++) expect(await use(f.api, key.secret)).toBe(200);
    await until('the uses are written', async () => (await find(key.id)).useCount === 3);
    expect(Date.now() - Date.parse((await find(key.id)).lastUsedAt)).toBeLessThan(10_000);
  });

  it('says which have expired', async () => {
    const key = await create({ expiresAt: new Date(Date.now() + 800).toISOString() });
    expect(await find(key.id)).toMatchObject({ status: 'active' });
    await until('it has expired', async () => (await find(key.id)).status === 'expired');
  });
});

describe('revoking a key', () => {
  it('ends it and no other, is told as an event, and changes nothing when repeated', async () => {
    const [key, stays] = [await create(), await create()];
    expect(await use(f.api, key.secret)).toBe(200);
    const done = await revoke(key.id);
    expect([done.status, done.text]).toEqual([204, '']);
    expect([await use(f.api, key.secret), await use(f.api, stays.secret)]).toEqual([401, 200]);
    const shown = await find(key.id);
    expect(shown).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) as string });
    expect((await revoke(key.id)).status).toBe(204);
    expect(await find(key.id)).toEqual(shown);
    const events = await f.database.admin`
      select data from tenant_events where tenant_id = ${tenant.id} and type = 'api-key-revoked' and data ->> 'keyId' = ${key.id}`;
    expect(events.map(row => row['data'])).toEqual([{ keyId: key.id, primary: false }]);
    const nc = await connect(asUser(f.nats));
    try {
      const consumer = await jetstream(nc).consumers.get(streams.events, {
        filter_subjects: subjects.event(tenant.id, 'tenants', tenant.id, 'api-key-revoked'),
      });
      const message = await consumer.next({ expires: 5000 });
      expect(message?.json()).toMatchObject({ type: 'freight.tenants.api-key-revoked', data: { keyId: key.id } });
    } finally {
      await nc.close();
    }
  });

  it('may be done with the key itself', async () => {
    const key = await create();
    expect((await revoke(key.id, key.secret)).status).toBe(204);
    expect(await use(f.api, key.secret)).toBe(401);
  });

  it('of the last one that may write is refused, unless it is forced', async () => {
    const lone = await f.tenant(quick);
    const [{ id }] = (await list('', lone.key)).items;
    const reader = await create({ scopes: ['read'] }, lone.key);
    const refused = await revoke(id, lone.key, '', { 'idempotency-key': 'end' });
    expect([refused.status, refused.body.code]).toEqual([409, 'last_write_key']);
    expect(refused.body.detail).toContain('force=true');
    expect(await use(f.api, lone.key)).toBe(200);
    // Another question: the same idempotency key must not answer it with the refusal.
    const reused = await revoke(id, lone.key, '?force=true', { 'idempotency-key': 'end' });
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await revoke(id, lone.key, '?force=true')).status).toBe(204);
    expect(await use(f.api, lone.key)).toBe(401);
    expect(await use(f.api, reader.secret)).toBe(200);
    const [row] = await f.database.admin`select api_key_prefix, api_key_hash from tenants where id = ${lone.id}`;
    expect(row).toEqual({ api_key_prefix: null, api_key_hash: null });
  });

  it('needs the scope to write', async () => {
    const reader = await create({ scopes: ['read'] });
    const answer = await revoke(reader.id, reader.secret);
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect((await rotate(reader.id, {}, reader.secret)).status).toBe(403);
  });
});

describe('rotating a key', () => {
  it('gives a key of the same label and scopes; the old one goes on for the overlap and no longer', async () => {
    const old = await create({ label: 'Nightly', scopes: ['read'] });
    expect(await use(f.api, old.secret)).toBe(200);
    const before = Date.now();
    const answer = await rotate(old.id, { overlapSeconds: 2 }, tenant.key, { 'idempotency-key': 'rotate-1' });
    expect(answer.status).toBe(201);
    const { apiKey, replaced } = answer.body;
    expect(apiKey).toMatchObject({ label: 'Nightly', scopes: ['read'], expiresAt: null });
    expect(apiKey.id).not.toBe(old.id);
    expect(replaced.id).toBe(old.id);
    expect(Date.parse(replaced.expiresAt) - before).toBeGreaterThan(1500);
    expect([await use(f.api, old.secret), await use(f.api, apiKey.secret)]).toEqual([200, 200]);
    // The gateway remembers the old key, as one without an end: it has to hear of the end.
    await until('the old key is refused', async () => (await use(f.api, old.secret)) === 401, 4000);
    const late = Date.now() - Date.parse(replaced.expiresAt);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(1000);
    expect(await use(f.api, apiKey.secret)).toBe(200);
    const again = await rotate(old.id, { overlapSeconds: 2 }, tenant.key, { 'idempotency-key': 'rotate-1' });
    expect([again.status, again.body.apiKey.id, again.body.apiKey.secret]).toEqual([201, apiKey.id, null]);
  });

  it('without an overlap ends the old one at once', async () => {
    const old = await create();
    expect(await use(f.api, old.secret)).toBe(200);
    expect((await rotate(old.id, { overlapSeconds: 0 })).status).toBe(201);
    expect(await use(f.api, old.secret)).toBe(401);
  });

  it('is refused for a key that is dead already', async () => {
    const key = await create();
    expect((await revoke(key.id)).status).toBe(204);
    const answer = await rotate(key.id, {});
    expect([answer.status, answer.body.code]).toEqual([409, 'key_not_usable']);
  });

  it('moves the tenant’s first key along', async () => {
    const mine = await f.tenant(quick);
    const [{ id }] = (await list('', mine.key)).items;
    const { apiKey } = (await rotate(id, { overlapSeconds: 60 }, mine.key)).body;
    const [row] = await f.database.admin`
      select t.api_key_prefix as prefix, t.api_key_hash = h.hash as same_hash
      from tenants t join api_key_hashes h on h.tenant_id = t.id and h.key_id = ${apiKey.id} where t.id = ${mine.id}`;
    expect(row).toEqual({ prefix: apiKey.prefix, same_hash: true });
  });
});

describe('an operator', () => {
  it('makes, lists and revokes the keys of any tenant, and none of the platform by that way', async () => {
    const mine = await f.tenant(quick);
    const keys = `/v1/tenants/${mine.id}/api-keys`;
    const key = f.operatorKey;
    const made = await f.api.call('POST', keys, { key, body: { label: 'Rescue' } });
    expect(made.status).toBe(201);
    expect(await use(f.api, made.body.secret)).toBe(200);
    const listed = await f.api.call('GET', keys, { key });
    expect(listed.body).toEqual(await list('', mine.key));
    expect((await f.api.call('DELETE', `${keys}/${made.body.id}`, { key })).status).toBe(204);
    expect(await use(f.api, made.body.secret)).toBe(401);
    const platform = `/v1/tenants/${platformTenantId}/api-keys`;
    const answers = await Promise.all([
      f.api.call('POST', platform, { key, body: { label: 'x' } }),
      f.api.call('GET', platform, { key }),
      f.api.call('DELETE', `${platform}/${newId()}`, { key }),
    ]);
    expect(answers.map(one => one.status)).toEqual([404, 404, 404]);
  });

  it('rotates the operators’ own key, but cannot make one of lesser scopes in their tenant', async () => {
    const [{ id }] = (await list('', f.operatorKey)).items;
    const answer = await rotate(id, { overlapSeconds: 3600 }, f.operatorKey);
    expect(answer.status).toBe(201);
    expect(answer.body.apiKey.scopes).toEqual(['operator']);
    const secret: string = answer.body.apiKey.secret;
    expect((await f.api.call('GET', '/v1/tenants', { key: secret })).status).toBe(200);
    expect((await revoke(answer.body.apiKey.id, secret)).status).toBe(204);
    expect((await f.api.call('POST', '/v1/api-keys', { key: f.operatorKey, body: { label: 'x' } })).status).toBe(403);
    const last = await revoke(id, f.operatorKey);
    expect([last.status, last.body.code]).toEqual([409, 'last_write_key']);
  });
});

describe('what belongs to another tenant', () => {
  it('is answered with the same bytes as what does not exist, and stays as it is', async () => {
    const [{ id }] = (await list('', other.key)).items;
    const tries: [string, (id: string) => string, object?][] = [
      ['DELETE', key => `/v1/api-keys/${key}`],
      ['DELETE', key => `/v1/api-keys/${key}?force=true`],
      ['POST', key => `/v1/api-keys/${key}/rotate`, {}],
    ];
    for (const [method, path, body] of tries) {
      const ask = (key: string) =>
        f.api.call(method, path(key), { key: tenant.key, ...(body === undefined ? {} : { body }) });
      const [notYours, notThere] = [await ask(id), await ask(newId())];
      expect([path('…'), notYours.status]).toEqual([path('…'), 404]);
      expect(notYours.text).toBe(notThere.text);
    }
    // A revocation that is only recorded holds a key: not one of another tenant.
    const held = await revoke(id, tenant.key, '', { prefer: 'respond-async' });
    expect(held.status).toBe(202);
    expect(await use(f.api, other.key)).toBe(200);
    expect((await list('', other.key)).items).toHaveLength(1);
    expect(JSON.stringify(await list('?limit=200'))).not.toContain(id);
    for (const [method, path] of [
      ['GET', `/v1/tenants/${tenant.id}/api-keys`],
      ['GET', `/v1/tenants/${other.id}/api-keys`],
      ['DELETE', `/v1/tenants/${other.id}/api-keys/${id}`],
    ] as const) {
      expect([path, (await f.api.call(method, path, { key: tenant.key })).status]).toEqual([path, 403]);
    }
  });
});

describe('the log', () => {
  it('gives the same rows when they are made again', async () => {
    await f.api.call('POST', `/v1/tenants/${other.id}/suspend`, { key: f.operatorKey });
    const tables = ['tenants', 'api_keys', 'connections', 'tenant_streams'];
    const dump = () =>
      Promise.all(
        tables.map(async table => [
          ...(await f.database.admin.unsafe(`select t::text as row from ${table} t order by 1`)),
        ]),
      );
    const before = await dump();
    await f.database.admin`update api_keys set revoked_at = null, expires_at = now(), label = 'spoilt'`;
    await f.database.admin`update tenants set status = 'active', name = 'spoilt', api_key_hash = 'spoilt'`;
    await f.database.admin`update tenant_streams set state = '{"status":"none"}'`;
    await rebuildTenants(f.database.open('freight_tenants'));
    expect(await dump()).toEqual(before);
  });

  it('holds no secret, and neither does a command or a log line', async () => {
    const key = await create();
    const rotated = (await rotate(key.id, {})).body.apiKey.secret as string;
    const everything = [f.logs.join('')];
    for (const table of ['tenant_events', 'tenant_streams', 'commands', 'api_keys', 'tenants']) {
      const rows = await f.database.admin.unsafe(`select t::text as text from ${table} t`);
      everything.push(...rows.map(row => String(row['text'])));
    }
    for (const secret of [key.secret, rotated]) expect(everything.join('')).not.toContain(secret.slice(17));
  });
});

describe('a database of the version before', () => {
  it('is brought up to date: stored states are what the log gives', async () => {
    const servers = inject('servers');
    const migrations = join(import.meta.dirname, '../../migrations');
    const directory = await mkdtemp(join(tmpdir(), 'freight-migrations-'));
    const root = postgres(servers.postgresAdminUrl, { max: 1, onnotice: () => {} });
    const name = `freight_${newId().replaceAll('-', '')}`;
    const url = new URL(servers.postgresAdminUrl);
    url.pathname = `/${name}`;
    await root`create database ${root(name)}`;
    const admin = postgres(url.href, { max: 1, onnotice: () => {} });
    try {
      for (const file of await readdir(migrations)) {
        if (file < '0007') await cp(join(migrations, file), join(directory, file));
      }
      await migrate({ url: url.href, directory });
      const [tenantId, first, second] = [newId(), newId(), newId()];
      const keyOf = (keyId: string, primary: boolean) => ({
        keyId,
        prefix: 'frt_test_abcdefgh',
        label: primary ? 'First key' : 'Second',
        scopes: ['read', 'write'],
        expiresAt: primary ? null : '2030-01-01T00:00:00.000Z',
        primary,
      });
      const settings = { requestsPerSecond: 50, requestBurst: 100, batchesOutstandingMax: 8 };
      const events = [
        ['tenant-created', { name: 'Old', slug: 'old', settings }],
        ['api-key-created', keyOf(first, true)],
        ['api-key-created', keyOf(second, false)],
      ] as const;
      for (const [index, [type, data]] of events.entries()) {
        await admin`
          insert into tenant_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
          values (${tenantId}, ${tenantId}, ${index + 1}, ${newId()}, ${type}, ${admin.json(data)}, '{}', '2026-01-01T00:00:00Z')`;
      }
      const state = { status: 'active', name: 'Old', slug: 'old', settings, keyIds: [first, second], connections: {} };
      await admin`
        insert into tenant_streams (tenant_id, stream_id, version, state, updated_at)
        values (${tenantId}, ${tenantId}, 3, ${admin.json(state)}, '2026-01-01T00:00:00Z')`;
      await migrate({ url: url.href, directory: migrations });
      const [row] = await admin`select state from tenant_streams where tenant_id = ${tenantId}`;
      const shown = ({ label, scopes, expiresAt, primary }: ReturnType<typeof keyOf>) => ({
        label,
        scopes,
        expiresAt,
        revoked: false,
        primary,
      });
      expect(row?.['state']).toEqual({
        status: 'active',
        name: 'Old',
        slug: 'old',
        settings,
        keys: { [first]: shown(keyOf(first, true)), [second]: shown(keyOf(second, false)) },
        connections: {},
      });
      const [forced] = await admin`
        select bool_and(relforcerowsecurity) as forced from pg_class where relname in ('tenant_streams', 'tenant_events')`;
      expect(forced).toEqual({ forced: true });
    } finally {
      await admin.end();
      await root`drop database ${root(name)} with (force)`;
      await root.end();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
