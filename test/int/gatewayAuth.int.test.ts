import { generateApiKey, platformTenantId } from '@freight/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;
let tenant: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture();
  tenant = await f.tenant();
});
afterAll(() => f.stop());

const read = (key?: string, headers: Record<string, string> = {}) =>
  f.api.call('GET', '/v1/jobs', { ...(key === undefined ? {} : { key }), headers });

describe('an API key', () => {
  it('opens its own tenant', async () => {
    const answer = await read(tenant.key);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ items: [], nextCursor: null });
  });

  it.each([
    ['none', undefined],
    ['garbage', 'not-a-key'],
    ['a key with a wrong checksum', `frt_test_${'A'.repeat(32)}`],
    ['an unknown key', generateApiKey('test')],
  ])('that is %s is refused with the same bytes', async (_, key) => {
    const answer = await read(key);
    const reference = await read();
    expect(answer.status).toBe(401);
    expect(answer.text).toBe(reference.text);
    expect(answer.body.code).toBe('unauthenticated');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('that differs from a right one after the prefix is refused', async () => {
    let other = generateApiKey('test');
    // The same prefix with another rest needs a right checksum: made by trying is hopeless, so the stored prefix is moved instead.
    other = generateApiKey('test');
    await f.database.admin`update api_keys set prefix = ${other.slice(0, 17)} where tenant_id = ${tenant.id}`;
    expect((await read(other)).status).toBe(401);
    await f.database.admin`update api_keys set prefix = ${tenant.key.slice(0, 17)} where tenant_id = ${tenant.id}`;
  });

  it('of another environment is refused, and the answer says so', async () => {
    const answer = await read(generateApiKey('live'));
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe('wrong_environment');
    expect(answer.body.detail).toContain('frt_test_');
  });

  it('stops when it expires, also while it is remembered', async () => {
    const late = await f.storeKey(tenant.id, { expiresAt: new Date(Date.now() - 1000) });
    expect((await read(late)).status).toBe(401);
    const soon = await f.storeKey(tenant.id, { expiresAt: new Date(Date.now() + 700) });
    expect((await read(soon)).status).toBe(200);
    await until('the key is expired', async () => (await read(soon)).status === 401, 5000);
  });

  it.each(['?api_key=x', '?cursor=frt_test_abc', '?x=%66rt_test_abc', '?token=1'])(
    'in the URL (%s) is refused and never logged',
    async query => {
      const answer = await f.api.call('GET', `/v1/jobs${query}`, { key: tenant.key });
      expect(answer.status).toBe(400);
      expect(answer.body.code).toBe('key_in_query');
      expect(f.logs.join('')).not.toContain('frt_test_abc');
    },
  );

  it('may do only what its scopes say', async () => {
    const readOnly = await f.storeKey(tenant.id, { scopes: ['read'] });
    expect((await read(readOnly)).status).toBe(200);
    const write = await f.api.call('POST', '/v1/api-keys', { key: readOnly, body: { label: 'x' } });
    expect([write.status, write.body.code]).toEqual([403, 'forbidden']);
    const operate = await f.api.call('GET', '/v1/tenants', { key: tenant.key });
    expect([operate.status, operate.body.code]).toEqual([403, 'forbidden']);
    expect((await f.api.call('GET', '/v1/tenants', { key: f.operatorKey })).status).toBe(200);
    expect((await f.api.call('POST', '/v1/connections', { key: f.operatorKey, body: {} })).status).toBe(403);
  });

  it('is verified once for many requests at once, and its use is counted', async () => {
    const fresh = await f.storeKey(tenant.id, {});
    const answers = await Promise.all(Array.from({ length: 20 }, () => read(fresh)));
    expect(new Set(answers.map(one => one.status))).toEqual(new Set([200]));
    await until('the use is written', async () => {
      const rows = await f.database
        .admin`select 1 from api_key_usage where tenant_id = ${tenant.id} and used_count >= 20`;
      return rows.length > 0;
    });
  });

  it('that is right is answered while wrong ones are slowed', async () => {
    const wrong = Promise.all(Array.from({ length: 12 }, () => read(generateApiKey('test'))));
    const start = performance.now();
    expect((await read(await f.storeKey(tenant.id, {}))).status).toBe(200);
    expect(performance.now() - start).toBeLessThan(1500);
    expect(new Set((await wrong).map(one => one.status))).toEqual(new Set([401]));
  });

  it('never shows in a log, an event, a command or an answer', async () => {
    const text = f.logs.join('');
    for (const key of [tenant.key, f.operatorKey]) {
      expect(text).not.toContain(key);
      for (const table of ['tenant_events', 'commands', 'api_keys', 'api_key_hashes', 'tenants', 'tenant_streams']) {
        const rows = await f.database.admin.unsafe(`select t::text as text from ${table} t`);
        expect(rows.map(row => String(row['text'])).join('')).not.toContain(key);
      }
    }
  });
});

describe('the operators', () => {
  it('see every tenant but their own, page by page', async () => {
    await f.tenant();
    await f.tenant();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '?limit=1' : `?limit=1&cursor=${cursor}`;
      const answer = await f.api.call('GET', `/v1/tenants${query}`, { key: f.operatorKey });
      expect(answer.status).toBe(200);
      seen.push(...answer.body.items.map((one: { id: string }) => one.id));
      cursor = answer.body.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(3);
    expect(seen).not.toContain(platformTenantId);
  });

  it('get 409 for a slug that is taken, and the key of the refused tenant is not kept', async () => {
    const body = { name: 'Twice', slug: 'twice' };
    expect((await f.api.call('POST', '/v1/tenants', { key: f.operatorKey, body })).status).toBe(201);
    const hashes = await f.database.admin`select count(*)::int as n from api_key_hashes`;
    const again = await f.api.call('POST', '/v1/tenants', { key: f.operatorKey, body });
    expect([again.status, again.body.code]).toEqual([409, 'slug_taken']);
    expect(again.headers.get('content-type')).toBe('application/problem+json');
    expect(await f.database.admin`select count(*)::int as n from api_key_hashes`).toEqual(hashes);
  });
});
