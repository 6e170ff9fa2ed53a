import { platformTenantId } from '@freight/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;

beforeAll(async () => {
  f = await startGatewayFixture();
});
afterAll(() => f.stop());

const read = (key: string, api = f.api) => api.call('GET', '/v1/jobs', { key });

describe('the rate limit', () => {
  it('is told with every answer, and refuses what is over it with the time to wait', async () => {
    const tenant = await f.tenant({ requestsPerSecond: 1, requestBurst: 3 });
    const policy = '"burst";q=3;w=3, "sustained";q=60;w=60';
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await read(tenant.key));
    expect(answers.map(one => one.status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe(policy);
    expect(answers.map(one => one.headers.get('ratelimit')?.replace(/t=\d+,/, 't=,'))).toEqual(
      [2, 1, 0, 0, 0].map(left => `"burst";r=${left};t=, "sustained";r=60;t=60`),
    );
    expect(answers[3]?.body.code).toBe('rate_limited');
    expect(answers[3]?.headers.get('retry-after')).toBe('1');
    // Refused for another reason, it is told all the same.
    const other = await f.tenant({ requestsPerSecond: 1, requestBurst: 3 });
    const refused = await f.api.call('GET', '/v1/tenants', { key: other.key });
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([403, policy]);
  });

  it('of one tenant is not another one’s', async () => {
    const greedy = await f.tenant({ requestsPerSecond: 1, requestBurst: 1 });
    const quiet = await f.tenant({ requestsPerSecond: 1, requestBurst: 1 });
    await read(greedy.key);
    expect((await read(greedy.key)).status).toBe(429);
    expect((await read(quiet.key)).status).toBe(200);
  });

  it('is shared by gateways', async () => {
    const tenant = await f.tenant({ requestsPerSecond: 1, requestBurst: 2 });
    const other = await f.another({});
    try {
      expect((await read(tenant.key)).status).toBe(200);
      expect((await read(tenant.key, other.api)).status).toBe(200);
      expect((await read(tenant.key)).status).toBe(429);
    } finally {
      await other.stop();
    }
  });

  it('holds in each process while Redis is away', async () => {
    const tenant = await f.tenant({ requestsPerSecond: 1, requestBurst: 2 });
    const alone = await f.another({ FREIGHT_REDIS_URL: 'redis://127.0.0.1:1' });
    try {
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push((await read(tenant.key, alone.api)).status);
      expect(statuses).toEqual([200, 200, 429, 429]);
    } finally {
      await alone.stop();
    }
  });
});

describe('the list of addresses', () => {
  const operate = (id: string, ipAllowList: readonly string[]) =>
    f.api.call('PATCH', `/v1/tenants/${id}`, { key: f.operatorKey, body: { settings: { ipAllowList } } });

  it('lets a key in from its addresses only, whatever the headers say, and tells nobody else', async () => {
    const [listed, other] = [await f.tenant({ ipAllowList: ['192.0.2.0/24'] }), await f.tenant()];
    const answer = await read(listed.key);
    expect([answer.status, answer.body.code]).toEqual([403, 'address_not_allowed']);
    const forged = { 'x-forwarded-for': '192.0.2.7', forwarded: 'for=192.0.2.7', 'x-real-ip': '192.0.2.7' };
    expect((await f.api.call('GET', '/v1/jobs', { key: listed.key, headers: forged })).status).toBe(403);
    expect((await read(other.key)).status).toBe(200);
    // Who has no key learns nothing of a list.
    expect((await f.api.call('GET', '/v1/jobs', { headers: forged })).status).toBe(401);
  });

  it('is held against the client’s address behind a proxy that is trusted', async () => {
    const tenant = await f.tenant({ ipAllowList: ['192.0.2.0/24', '2001:db8::/32'] });
    const behind = await f.another({ FREIGHT_TRUSTED_PROXIES: '127.0.0.0/8, ::1' });
    try {
      const from = async (address: string) =>
        (await behind.api.call('GET', '/v1/jobs', { key: tenant.key, headers: { 'x-forwarded-for': address } })).status;
      expect(await from('192.0.2.7')).toBe(200);
      expect(await from('::ffff:192.0.2.7')).toBe(200);
      expect(await from('2001:db8::7')).toBe(200);
      expect(await from('192.0.2.7, 198.51.100.7')).toBe(403);
      expect(await from('nonsense')).toBe(403);
      expect((await read(tenant.key, behind.api)).status).toBe(403);
    } finally {
      await behind.stop();
    }
  });

  it('costs a tenant none of its requests when somebody calls from elsewhere', async () => {
    const tenant = await f.tenant({ requestsPerSecond: 1, requestBurst: 1, ipAllowList: ['192.0.2.0/24'] });
    for (let i = 0; i < 3; i++) expect((await read(tenant.key)).status).toBe(403);
  });

  it('is changed by operators, who are never held to one, all problems at once', async () => {
    const tenant = await f.tenant({ ipAllowList: ['192.0.2.0/24'] });
    expect((await read(tenant.key)).status).toBe(403);
    const bad = await f.api.call('PATCH', `/v1/tenants/${tenant.id}`, {
      key: f.operatorKey,
      body: {
        settings: {
          ipAllowList: ['192.0.2.0/24', '192.0.2.0/33', 'example.com', '::ffff:192.0.2.1'],
          jobsRunningMax: 0,
          storedBytesMax: -1,
          lane: 'tenant-x',
          retentionDays: 0,
        },
      },
    });
    expect(bad.status).toBe(400);
    expect(bad.body.errors.map((one: { pointer: string }) => one.pointer).sort()).toEqual([
      '/settings/ipAllowList/1',
      '/settings/ipAllowList/2',
      '/settings/ipAllowList/3',
      '/settings/jobsRunningMax',
      '/settings/lane',
      '/settings/retentionDays',
      '/settings/storedBytesMax',
    ]);
    expect((await operate(tenant.id, ['127.0.0.1', '::1'])).body.settings.ipAllowList).toEqual(['127.0.0.1', '::1']);
    await until('the list is in force', async () => (await read(tenant.key)).status === 200, 5000);
    // Even a list in the operators' own row, put there by hand, shuts no operator out.
    await f.database.admin`
      update tenants set settings = settings || '{"ipAllowList": ["192.0.2.0/24"]}' where id = ${platformTenantId}`;
    const fresh = await f.another({});
    expect((await fresh.api.call('GET', '/v1/tenants', { key: f.operatorKey })).status).toBe(200);
    await fresh.stop();
  });
});

it('settings that the version before stored are read with defaults for what is new', async () => {
  const { id, key } = await f.tenant();
  const old = { requestsPerSecond: 7, requestBurst: 9, batchesOutstandingMax: 3 };
  await f.database.admin`update tenants set settings = ${f.database.admin.json(old)} where id = ${id}`;
  await f.database.admin`
    update tenant_streams set state = state || ${f.database.admin.json({ settings: old })} where tenant_id = ${id}`;
  const shown = await f.api.call('GET', `/v1/tenants/${id}`, { key: f.operatorKey });
  const defaults = { jobsRunningMax: 10, storedBytesMax: 10 * 2 ** 30, lane: 'default', retentionDays: null };
  expect(shown.body.settings).toEqual({ ...old, ...defaults, ipAllowList: [] });
  expect((await read(key)).status).toBe(200);
  const changed = await f.api.call('PATCH', `/v1/tenants/${id}`, {
    key: f.operatorKey,
    body: { settings: { retentionDays: 30 } },
  });
  expect(changed.body.settings).toEqual({ ...old, ...defaults, retentionDays: 30, ipAllowList: [] });
});
