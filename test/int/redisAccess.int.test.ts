/** The users of Redis: the table allows exactly what the code does, and Redis holds each user to it. */
import { join } from 'node:path';
import { type RedisService, redisAccess, redisKeys, redisRules, redisUser } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { acquireLease, openAccountBudget, openRedis, type RedisStore, takeTokens } from '@freight/lease';
import { openDatabase } from '@freight/postgres';
import { type Alone, type RedisServer, startRedis } from '@freight/servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { until } from './until.ts';

const services = Object.keys(redisAccess) as RedisService[];
/** Redis lets everybody do these, also who has not logged in yet. Source: Redis, `COMMAND INFO`, flag no_auth. */
const forEverybody = ['auth', 'hello', 'quit', 'reset'];

/** Of what Redis says of a command: name, words at least (with a minus) or exactly, and in the tenth place its sub-commands. */
type CommandInfo = readonly [string, number, ...unknown[]] & { readonly 9: readonly CommandInfo[] };

let server: RedisServer & Alone;
let admin: Redis;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startRedis({
    dir: join(import.meta.dirname, '../../.freight'),
    durable: false,
    redisUsers: Object.fromEntries(services.map(one => [redisUser(one), redisRules(one)])),
  });
  admin = new Redis(server.url);
  // It is killed in between.
  admin.on('error', () => {});
});
afterAll(async () => {
  await admin.quit();
  await server.close();
  await database.drop();
});

const connect = async (service: RedisService): Promise<RedisStore> => {
  const store = openRedis({
    url: server.urlOf(redisUser(service)),
    name: `freight-${service}`,
    connectTimeoutMs: 5000,
    operationsPerTenantMax: 10,
    onStatus: () => {},
    onError: () => {},
  });
  await until('redis is ready', () => store.isReady());
  return store;
};

/**
 * All that a service does in Redis, by the functions that it does it with.
 * @param beforeTheKill called before the server is killed, which forgets its counters.
 */
const realUse: Readonly<
  Record<RedisService, (redis: RedisStore, beforeTheKill: () => Promise<void>) => Promise<void>>
> = {
  gateway: async redis => {
    const tenantId = newId();
    const keys = { tenantId, bucket: redisKeys.requestRate(tenantId), pause: redisKeys.requestPause(tenantId) };
    // Sent whole, and by its digest; with something left, and empty.
    for (const taken of [true, true, false]) {
      expect((await takeTokens(redis, keys, { perSecond: 0.1, burst: 2 }, 1, 'full')).taken).toBe(taken);
    }
  },
  tenants: async redis => {
    const [erased, other] = [newId(), newId()];
    await admin.mset(redisKeys.requestRate(erased), '1', redisKeys.lease(erased, 'a', 'b'), '1');
    await admin.mset(redisKeys.requestRate(other), '1', redisKeys.accountRate(erased, 'write'), '1');
    expect(await redis.removeTenant(erased)).toBe(2);
    expect(await redis.removeTenant(erased)).toBe(0);
    expect(await admin.exists(redisKeys.requestRate(other), redisKeys.accountRate(erased, 'write'))).toBe(2);
  },
  workers: async (redis, beforeTheKill) => {
    const target = { tenantId: newId(), jobId: newId(), batchId: newId() };
    for (const _ of ['whole', 'digest']) {
      const lease = await acquireLease(redis, target, 10_000);
      expect(await acquireLease(redis, target, 10_000)).toBeUndefined();
      expect(await lease?.renew()).toBe(true);
      await lease?.release();
    }
    const db = openDatabase({
      url: database.url('freight_workers'),
      applicationName: 'test',
      connectionsMax: 1,
      connectionWaitMs: 5000,
    });
    const rate = { perSecond: 100, burst: 5 };
    const budget = openAccountBudget({
      redis,
      db,
      account: newId(),
      tenantId: target.tenantId,
      rates: { read: rate, write: rate },
      waitMaxMs: 5000,
    });
    const signal = new AbortController().signal;
    await budget.acquire('write', signal);
    await budget.pause(20);
    await budget.acquire('read', signal);
    // Away and back: the bucket is asked for again and emptied.
    await beforeTheKill();
    await server.kill();
    await budget.acquire('write', signal);
    await server.restart();
    await until('redis is back', () => redis.isReady());
    await admin.config('RESETSTAT');
    await budget.acquire('write', signal);
    await budget.acquire('write', signal);
    await db.close();
  },
};

/** Commands that were carried out since the counters were set to nothing, those inside scripts too. */
const carriedOut = async (): Promise<Set<string>> => {
  const stats = await admin.info('commandstats');
  return new Set([...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = '']) => name));
};

describe.each(services)('the user of %s', service => {
  it('is used for exactly the commands that the table gives it, and Redis refuses it none', async () => {
    await admin.acl('LOG', 'RESET');
    await admin.config('RESETSTAT');
    const redis = await connect(service);
    const used = new Set<string>();
    const collect = async () => {
      for (const command of await carriedOut()) used.add(command);
    };
    await realUse[service](redis, collect);
    await collect();
    await redis.close();
    // The administrator's own, who looks.
    for (const own of ['config|resetstat', 'acl|log', 'info', 'mset', 'exists', 'client|setinfo', ...forEverybody])
      used.delete(own);
    expect([...used, 'info'].sort()).toEqual([...redisAccess[service].commands].sort());
    expect(await admin.acl('LOG')).toEqual([]);
  });

  it('may run no other command of all that there are', async () => {
    const families = (await admin.command('INFO')) as readonly CommandInfo[];
    const commands = families.flatMap(one => (one[9].length > 0 ? one[9] : [one]));
    expect(commands.length).toBeGreaterThan(250);
    const table: readonly string[] = redisAccess[service].commands;
    const allowed: string[] = [];
    for (const [name, arity] of commands) {
      if (table.includes(name) || forEverybody.includes(name)) continue;
      const words = name.split('|');
      const args = Array.from({ length: Math.abs(arity) - words.length }, () => '1');
      const verdict = await admin.call('ACL', 'DRYRUN', redisUser(service), ...words, ...args).catch(String);
      if (!/has no permissions/.test(String(verdict))) allowed.push(`${name}: ${String(verdict)}`);
    }
    expect(allowed).toEqual([]);
  });

  it.each([
    ['list the keys', ['keys', '*']],
    ['flush', ['flushall']],
    ['read the settings', ['config', 'get', '*']],
    ['change the users', ['acl', 'setuser', 'x', 'on', 'nopass', '+@all', '~*']],
    ['see who is connected', ['client', 'list']],
    ['end connections', ['client', 'kill', 'type', 'normal']],
    ['forget the scripts', ['script', 'flush']],
    ['watch what others do', ['monitor']],
    ['publish', ['publish', 'a', 'b']],
    ['read a key of another kind', ['get', redisKeys.activeJobs('a')]],
    ['read a key without a tenant', ['get', 'freight']],
    ['read such a key by a script', ['eval', 'return redis.call("get", KEYS[1])', '1', redisKeys.activeJobs('a')]],
    ['read one that the script does not name', ['eval', 'return redis.call("get", "freight")', '0']],
    ['list the keys by a script', ['eval', 'return redis.call("keys", "*")', '0']],
  ])('may not %s', async (_, [command = '', ...args]) => {
    const client = new Redis(server.urlOf(redisUser(service)), { disableClientInfo: true });
    await expect(client.call(command, ...args)).rejects.toThrow(
      /NOPERM|No permissions|can't run this command|can't access|ACL/i,
    );
    client.disconnect();
  });
});

describe('Redis', () => {
  it.each(['gateway', 'workers'] as const)('lets %s not look through the names of keys', async service => {
    const client = new Redis(server.urlOf(redisUser(service)), { disableClientInfo: true });
    await expect(client.scan('0')).rejects.toThrow(/NOPERM/);
    client.disconnect();
  });

  it.each([
    redisKeys.accountRate('a', 'write'),
    redisKeys.accountPause('a'),
    'freight',
    `other:${newId()}:jobs:active`,
  ])('lets tenants remove what belongs to a tenant, and not %s', async key => {
    const client = new Redis(server.urlOf(redisUser('tenants')), { disableClientInfo: true });
    expect(await client.unlink(redisKeys.activeJobs(newId()))).toBe(0);
    await expect(client.unlink(key)).rejects.toThrow(/NOPERM/);
    client.disconnect();
  });

  it.each([
    ['gateway', redisKeys.lease('a', 'b', 'c')],
    ['gateway', redisKeys.accountRate('a', 'write')],
    ['workers', redisKeys.requestRate('a')],
  ] as const)('keeps %s from the other service’s keys: %s', async (service, key) => {
    const client = new Redis(server.urlOf(redisUser(service)), { disableClientInfo: true });
    await expect(client.get(key)).rejects.toThrow(/NOPERM/);
    await expect(client.eval('return redis.call("set", KEYS[1], "1")', 1, key)).rejects.toThrow(/NOPERM/);
    client.disconnect();
  });

  it('lets nobody in without a name, or with a wrong password', async () => {
    const { port } = new URL(server.url);
    for (const url of [`redis://127.0.0.1:${port}`, `redis://${redisUser('gateway')}:guess@127.0.0.1:${port}`]) {
      const client = new Redis(url, { lazyConnect: true, enableReadyCheck: false, disableClientInfo: true });
      client.on('error', () => {});
      await expect(client.get('freight')).rejects.toThrow(/NOAUTH|WRONGPASS/);
      client.disconnect();
    }
  });
});
