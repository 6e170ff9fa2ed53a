import { Redis } from 'ioredis';
import type { Context } from '../context.ts';
import { findTrace } from '../sides/side.ts';

/** A way to log in to Redis. */
export interface RedisLogin {
  /** Whose it is, for the report. */
  readonly name: string;
  readonly url: string;
}

export interface RedisFloor {
  readonly context: Context;
  readonly logins: readonly RedisLogin[];
}

const connectMs = 3000;
const keyForm = /^freight:([0-9a-f-]{36}|shared):[a-z]+(:[^\s]+)+$/;

const open = async (url: string): Promise<Redis> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', () => {});
  await redis.connect();
  return redis;
};

/** Knocks without credentials, and with those that a tenant has. */
const knock = async ({ context, logins }: RedisFloor): Promise<void> => {
  const { a, record } = context;
  const address = (user: string, password: string): string => {
    const url = new URL(logins[0]?.url ?? '');
    url.username = user;
    url.password = password;
    return url.href;
  };
  for (const [tried, url] of [
    ['without credentials', address('', '')],
    ["with A's API key as password", address('', a.keys.full)],
    ["with A's id and API key", address(a.tenantId, a.keys.full)],
  ] as const) {
    await record.attempt(
      { floor: 'redis', name: 'server', tried: `logs in ${tried}`, expected: 'refused' },
      async () => {
        let redis: Redis | undefined;
        try {
          redis = await open(url);
          await redis.get(`freight:${a.tenantId}:ratelimit:requests`);
          return 'let in';
        } catch {
          return undefined;
        } finally {
          redis?.disconnect();
        }
      },
    );
  }
};

const textOf = async (redis: Redis, key: string): Promise<string> => {
  switch (await redis.type(key)) {
    case 'string':
      return (await redis.get(key)) ?? '';
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'set':
      return (await redis.smembers(key)).join(' ');
    case 'zset':
      return (await redis.zrange(key, '0', '-1')).join(' ');
    case 'list':
      return (await redis.lrange(key, 0, -1)).join(' ');
    default:
      return '';
  }
};

/** Reads all that is there: every key is under a tenant, and holds nothing of another one. */
const readKeys = async ({ context }: RedisFloor, redis: Redis): Promise<void> => {
  const { a, b, record } = context;
  const keys: string[] = [];
  for await (const some of redis.scanStream({ match: 'freight:*' })) keys.push(...(some as string[]));
  const trial = (tried: string, expected: string) => ({ floor: 'redis' as const, name: 'keys', tried, expected });
  await record.attempt(trial('the names of all keys', 'freight:{tenant}:{resource}:{identifier}'), () => {
    if (keys.length === 0) throw new Error('there are no keys');
    return keys.find(key => !keyForm.test(key));
  });
  for (const [own, other] of [
    [a, b],
    [b, a],
  ] as const) {
    await record.attempt(
      trial(`keys and values of tenant ${own.name}`, `no trace of tenant ${other.name}`),
      async () => {
        for (const key of keys.filter(one => one.startsWith(`freight:${own.tenantId}:`))) {
          const found = findTrace(`${key} ${await textOf(redis, key)}`, other);
          if (found !== undefined) return found;
        }
        return undefined;
      },
    );
    await record.attempt(trial('keys and values that tenants share', `no trace of tenant ${own.name}`), async () => {
      for (const key of keys.filter(one => one.startsWith('freight:shared:'))) {
        const found = findTrace(`${key} ${await textOf(redis, key)}`, own);
        if (found !== undefined) return found;
      }
      return undefined;
    });
  }
};

/** What stands under one tenant's keys decides no answer to another one, however wrong it is. */
const spoilKeys = async ({ context }: RedisFloor, redis: Redis): Promise<void> => {
  const { a, b, client, record } = context;
  const own = { method: 'GET', path: `/v1/jobs/${b.ids.get('jobId') ?? ''}`, key: b.keys.witness };
  const bucket = `freight:${a.tenantId}:ratelimit:requests`;
  for (const [tried, spoil] of [
    ["A's bucket is used up for an hour", () => redis.set(bucket, String(Date.now() + 3_600_000), 'PX', 5000)],
    ["A's bucket holds nonsense", () => redis.set(bucket, 'nonsense', 'PX', 5000)],
    [
      "A's bucket is of another type",
      async () => {
        await redis.del(bucket);
        await redis.rpush(bucket, 'nonsense');
      },
    ],
    ["A's bucket is gone", () => redis.del(bucket)],
  ] as const) {
    await record.attempt(
      { floor: 'redis', name: 'GET /v1/jobs/{jobId}', tried: `B's own, while ${tried}`, expected: 'as before' },
      async () => {
        const before = await client.ask(own);
        await spoil();
        const after = await client.ask({ ...own, takes429: true });
        await redis.del(bucket);
        return after.status === before.status && after.body === before.body
          ? undefined
          : `status ${after.status}: ${after.body}`;
      },
    );
  }
};

/** The floor of Redis. */
export const tryRedis = async (floor: RedisFloor): Promise<void> => {
  const { context, logins } = floor;
  const [login] = logins;
  if (!login) {
    context.record.skip('redis: no address');
    return;
  }
  await knock(floor);
  const redis = await open(login.url);
  try {
    await readKeys(floor, redis);
    await spoilKeys(floor, redis);
  } finally {
    redis.disconnect();
  }
};
