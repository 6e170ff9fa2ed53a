import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture } from './gatewayFixture.ts';

let f: GatewayFixture;

beforeAll(async () => {
  f = await startGatewayFixture();
});
afterAll(() => f.stop());

const read = (key: string, api = f.api) => api.call('GET', '/v1/jobs', { key });

describe('the rate limit', () => {
  it('is told with every answer, and refuses what is over it with the time to wait', async () => {
    const tenant = await f.tenant({ requestsPerSecond: 1, requestBurst: 3 });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await read(tenant.key));
    expect(answers.map(one => one.status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=3;w=3');
    expect(answers.map(one => one.headers.get('ratelimit')?.replace(/t=\d+/, 't='))).toEqual([
      '"default";r=2;t=',
      '"default";r=1;t=',
      '"default";r=0;t=',
      '"default";r=0;t=',
      '"default";r=0;t=',
    ]);
    expect(answers[3]?.body.code).toBe('rate_limited');
    expect(answers[3]?.headers.get('retry-after')).toBe('1');
    // Refused for another reason, it is told all the same.
    const other = await f.tenant({ requestsPerSecond: 1, requestBurst: 3 });
    const refused = await f.api.call('GET', '/v1/tenants', { key: other.key });
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([403, '"default";q=3;w=3']);
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
