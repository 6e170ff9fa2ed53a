/** Leases and budgets over a Redis of this file's own, since it is flushed, killed and brought back. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, sleep } from '@freight/kernel';
import {
  type AccountBudget,
  acquireLease,
  type BucketRate,
  openAccountBudget,
  openRedis,
  type RedisStore,
  takeTokens,
} from '@freight/lease';
import { type RedisServer, startRedis } from '@freight/servers';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { until } from './until.ts';

let server: RedisServer & { close(): Promise<void> };
let database: TestDatabase;
let stores: RedisStore[] = [];
let raw: Redis;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startRedis({ dir: join(tmpdir(), 'freight-test-redis'), durable: false });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const open = async (): Promise<RedisStore> => {
  const store = openRedis({
    url: server.url,
    name: 'test',
    connectTimeoutMs: 5000,
    operationsPerTenantMax: 10,
    onStatus: () => {},
    onError: () => {},
  });
  stores.push(store);
  await until('redis is ready', () => store.isReady());
  return store;
};

let redis: RedisStore;
beforeEach(async () => {
  redis = await open();
  raw = new Redis(server.url);
  raw.on('error', () => {});
});
afterEach(async () => {
  raw.disconnect();
  await Promise.all(stores.map(store => store.close()));
  stores = [];
});

const away = async () => {
  await server.kill();
  await until('its loss is noticed', () => stores.every(store => !store.isReady()));
};
const back = async () => {
  await server.restart();
  await until('it is back', () => stores.every(store => store.isReady()));
};

describe('a lease', () => {
  const target = () => ({ tenantId: newId(), jobId: newId(), batchId: newId() });

  it('is one’s alone until it is released, and each batch has its own', async () => {
    const one = target();
    const leases = await Promise.all(Array.from({ length: 20 }, () => acquireLease(redis, one, 10_000)));
    const [held, ...others] = leases.filter(lease => lease !== undefined);
    expect([held !== undefined, others.length]).toEqual([true, 0]);
    expect(await acquireLease(redis, { ...one, batchId: newId() }, 10_000)).toBeDefined();
    expect(await acquireLease(redis, { ...one, tenantId: newId() }, 10_000)).toBeDefined();
    await held?.release();
    expect(await acquireLease(redis, one, 10_000)).toBeDefined();
  });

  it('runs out when it is not renewed, and goes on when it is', async () => {
    const one = target();
    const key = `freight:${one.tenantId}:locks:${one.jobId}:${one.batchId}`;
    const lease = await acquireLease(redis, one, 60_000);
    await raw.pexpire(key, 200);
    expect(await lease?.renew()).toBe(true);
    expect(await raw.pttl(key)).toBeGreaterThan(50_000);
    await raw.pexpire(key, 20);
    await until('it has run out', async () => (await acquireLease(redis, one, 10_000)) !== undefined);
    expect(await lease?.renew()).toBe(false);
  });

  it('is neither released nor renewed by a late holder once it is the next one’s', async () => {
    const one = target();
    const late = await acquireLease(redis, one, 10_000);
    await raw.flushall();
    const next = await acquireLease(redis, one, 10_000);
    expect(next).toBeDefined();
    expect(await late?.renew()).toBe(false);
    await late?.release();
    expect(await next?.renew()).toBe(true);
    expect(await acquireLease(redis, one, 10_000)).toBeUndefined();
  });

  it('is kept by nothing while Redis is away: taken, renewed and released at once, for the claim in Postgres decides', async () => {
    const one = target();
    const before = await acquireLease(redis, one, 10_000);
    await away();
    const begin = performance.now();
    const lease = await acquireLease(redis, one, 10_000);
    expect(await lease?.renew()).toBe(true);
    await lease?.release();
    expect(await before?.renew()).toBe(true);
    await before?.release();
    expect(performance.now() - begin).toBeLessThan(500);
    await back();
    // Scripts are loaded again by themselves, and what was forgotten stays so.
    expect(await before?.renew()).toBe(false);
    expect(await acquireLease(redis, one, 10_000)).toBeDefined();
  });
});

describe('the share of a tenant', () => {
  it('is so many operations at once: another tenant’s go past its queue', async () => {
    const script = { name: 'testSlow', keyCount: 0, lua: `return 1` };
    const [busy, quiet] = [newId(), newId()];
    const order: string[] = [];
    const flood = Array.from({ length: 500 }, () => redis.run(busy, script, [], []).then(() => order.push('busy')));
    await redis.run(quiet, script, [], []).then(() => order.push('quiet'));
    expect(order.length).toBeLessThan(100);
    await Promise.all(flood);
    expect(order).toHaveLength(501);
  });
});

/** The most calls that any window had beyond what the rate allows in it; 0: never overdrawn. */
const overdraft = (times: readonly number[], rate: BucketRate, burst: number = rate.burst): number => {
  const sorted = [...times].sort((a, b) => a - b);
  let worst = 0;
  for (let i = 0; i < sorted.length; i++) {
    for (let j = i; j < sorted.length; j++) {
      const window = ((sorted[j] ?? 0) - (sorted[i] ?? 0)) / 1000;
      worst = Math.max(worst, j - i + 1 - (burst + window * rate.perSecond));
    }
  }
  return worst;
};
/** Answers arrive some milliseconds after their tokens were given. */
const jitter = (rate: BucketRate) => 1 + 0.03 * rate.perSecond;

const keysOf = (name: string) => ({ tenantId: newId(), bucket: `test:${name}`, pause: `test:${name}:pause` });

describe('a bucket', () => {
  it('gives never more than its burst and what flowed in, to however many takers, and not much less', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 20, max: 300 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (burst, perSecond, takers, cost) => {
          const rate = { burst: burst + cost, perSecond };
          const keys = keysOf(newId());
          const times: number[] = [];
          const begin = performance.now();
          await Promise.all(
            Array.from({ length: takers }, async () => {
              while (performance.now() - begin < 400) {
                const verdict = await takeTokens(redis, keys, rate, cost, 'full');
                if (verdict.taken) for (let i = 0; i < cost; i++) times.push(performance.now());
                else await sleep(Math.min(verdict.waitMs, 50));
              }
            }),
          );
          expect(overdraft(times, rate)).toBeLessThanOrEqual(jitter(rate));
          expect(times.length).toBeGreaterThan(0.7 * perSecond * 0.35);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('that nobody knows starts empty for an account and full for requests', async () => {
    const rate = { burst: 5, perSecond: 10 };
    const empty = await takeTokens(redis, keysOf(newId()), rate, 1, 'empty');
    expect(empty).toMatchObject({ taken: false, remaining: 0 });
    expect(empty.waitMs).toBeGreaterThan(90);
    expect(empty.waitMs).toBeLessThanOrEqual(100);
    expect(await takeTokens(redis, keysOf(newId()), rate, 5, 'full')).toMatchObject({ taken: true, remaining: 0 });
  });

  it('says how long to wait, and that wait is enough', async () => {
    const rate = { burst: 2, perSecond: 20 };
    const keys = keysOf(newId());
    await takeTokens(redis, keys, rate, 2, 'full');
    const verdict = await takeTokens(redis, keys, rate, 1, 'full');
    expect(verdict).toMatchObject({ taken: false, remaining: 0 });
    await sleep(verdict.waitMs + 1);
    expect(await takeTokens(redis, keys, rate, 1, 'full')).toMatchObject({ taken: true });
  });

  it('of one tenant, account or class is not another’s', async () => {
    const rate = { burst: 1, perSecond: 1 };
    const keys = keysOf(newId());
    expect((await takeTokens(redis, keys, rate, 1, 'full')).taken).toBe(true);
    expect((await takeTokens(redis, keys, rate, 1, 'full')).taken).toBe(false);
    expect((await takeTokens(redis, keysOf(newId()), rate, 1, 'full')).taken).toBe(true);
  });
});

describe('an account’s budget', () => {
  const rate = { burst: 5, perSecond: 50 };
  const never = new AbortController().signal;
  const budget = (
    store: RedisStore,
    account: string,
    more: { rate?: BucketRate; waitMaxMs?: number } = {},
  ): AccountBudget =>
    openAccountBudget({
      redis: store,
      db: database.open('freight_workers'),
      account,
      tenantId: newId(),
      rates: { read: undefined, write: more.rate ?? rate },
      waitMaxMs: more.waitMaxMs ?? 10_000,
    });
  /** Workers that call as fast as they may until told to stop. */
  const spend = (budgets: readonly AccountBudget[]) => {
    const times: number[] = [];
    const stopping = new AbortController();
    const done = Promise.all(
      budgets.flatMap(one =>
        Array.from({ length: 3 }, async () => {
          while (!stopping.signal.aborted) {
            try {
              await one.acquire('write', stopping.signal);
              times.push(performance.now());
            } catch (error) {
              if (!stopping.signal.aborted) throw error;
            }
          }
        }),
      ),
    );
    return {
      times,
      stop: async () => {
        stopping.abort();
        await done;
      },
    };
  };

  it('has no limit where its class has none', async () => {
    const one = budget(redis, newId());
    const begin = performance.now();
    for (let i = 0; i < 1000; i++) await one.acquire('read', never);
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  it('is spent together by all workers, never overdrawn, also when Redis is flushed in the middle', async () => {
    const account = newId();
    const { times, stop } = spend([budget(redis, account), budget(await open(), account)]);
    for (let flush = 1; flush <= 3; flush++) {
      await until('it is being spent', () => times.length > 15 * flush);
      await raw.flushall();
    }
    await until('it goes on', () => times.length > 60);
    await stop();
    // What lay in the bucket was forgotten with it: it starts empty and never gives the burst twice.
    expect(overdraft(times, rate)).toBeLessThanOrEqual(jitter(rate));
  });

  it('that is paused holds everybody until then, and a shorter pause does not end it earlier', async () => {
    const account = newId();
    const [one, two] = [budget(redis, account), budget(await open(), account)];
    await two.acquire('write', never);
    const begin = performance.now();
    await one.pause(400);
    await one.pause(50);
    const waits = await Promise.all(
      [one, two, budget(await open(), account)].map(async each => {
        await each.acquire('write', never);
        return performance.now() - begin;
      }),
    );
    for (const waited of waits) expect(waited).toBeGreaterThanOrEqual(395);
  });

  it('with a longer wait than one may wait gives the call back and says when', async () => {
    const account = newId();
    const one = budget(redis, account, { waitMaxMs: 100 });
    await one.pause(5000);
    const refused = one.acquire('write', never);
    await expect(refused).rejects.toMatchObject({ code: 'account_paused', retry: 'retryable' });
    const error = (await refused.catch((e: unknown) => e)) as { retryAfterMs: number };
    expect(error.retryAfterMs).toBeGreaterThan(4000);
  });

  it('ends a wait at once when the call is given up', async () => {
    const one = budget(redis, newId(), { rate: { burst: 1, perSecond: 0.1 }, waitMaxMs: 60_000 });
    const abort = new AbortController();
    const waiting = one.acquire('write', abort.signal);
    const begin = performance.now();
    abort.abort();
    await expect(waiting).rejects.toThrow('aborted');
    expect(performance.now() - begin).toBeLessThan(500);
  });

  it('is paced by Postgres while Redis is away, without any burst, by all workers together', async () => {
    const account = newId();
    const budgets = [budget(redis, account), budget(await open(), account)];
    await away();
    const { times, stop } = spend(budgets);
    await until('calls are made', () => times.length > 40);
    await stop();
    await back();
    // Timers may fire a little late and then close together.
    expect(overdraft(times, rate, 1)).toBeLessThanOrEqual(jitter(rate) + 1);
  });

  it('holds to the pause, to the longest wait and to being given up while Redis is away too', async () => {
    const account = newId();
    const slow = { burst: 1, perSecond: 2 };
    const [one, two] = [
      budget(redis, account, { rate: slow, waitMaxMs: 800 }),
      budget(await open(), account, { rate: slow, waitMaxMs: 800 }),
    ];
    await away();
    try {
      await one.acquire('write', never);
      const calls = await Promise.allSettled(Array.from({ length: 6 }, () => two.acquire('write', never)));
      const refused = calls.filter(call => call.status === 'rejected');
      expect(refused.length).toBeGreaterThanOrEqual(3);
      expect(refused[0]?.reason).toMatchObject({ code: 'account_paused', retry: 'retryable' });

      const abort = new AbortController();
      const waiting = two.acquire('write', abort.signal);
      const begin = performance.now();
      abort.abort();
      await expect(waiting).rejects.toThrow('aborted');
      expect(performance.now() - begin).toBeLessThan(300);

      await one.pause(30_000);
      await expect(two.acquire('write', never)).rejects.toMatchObject({ code: 'account_paused' });
    } finally {
      await back();
    }
  });

  it('is not spent twice around the loss of Redis and its return', { timeout: 60_000 }, async () => {
    const account = newId();
    const { times, stop } = spend([
      budget(redis, account),
      budget(await open(), account),
      budget(await open(), account),
    ]);
    for (let round = 1; round <= 2; round++) {
      let target = times.length + 30;
      await until('it is spent from Redis', () => times.length > target);
      await away();
      target = times.length + 30;
      await until('it is spent from Postgres', () => times.length > target);
      await server.restart();
      await until('it is back', () => stores.every(store => store.isReady()));
    }
    const target = times.length + 60;
    await until('it is spent from Redis again', () => times.length > target);
    await stop();
    expect(overdraft(times, rate)).toBeLessThanOrEqual(jitter(rate) + 1);
    const key = `freight:shared:ratelimit:${account}:write`;
    await until('redis answers', async () => (await raw.get(key).catch(() => null)) !== null);
  });
});
