import { redisKeys } from '@freight/contracts';
import { createLimit } from '@freight/kernel';
import { type ClientTls, publicClientTls } from '@freight/tls';
import { Redis } from 'ioredis';

export interface RedisOptions {
  /** `redis://user:password@host:port`; `rediss://…` for TLS. */
  readonly url: string;
  /** Files for a URL with TLS; without them the authorities that Node.js brings along. */
  readonly tls?: ClientTls | undefined;
  readonly name: string;
  /** How long a connection may take to come up, milliseconds. */
  readonly connectTimeoutMs: number;
  /** Operations in flight of one tenant at most: a bulkhead between tenants. */
  readonly operationsPerTenantMax: number;
  readonly onStatus: (status: string) => void;
  /** The server could not be reached, or is none that may be talked to. */
  readonly onError: (error: unknown) => void;
}

/** Redis with a share for each tenant. Nothing in it may be needed: every caller has an answer for its absence. */
export interface RedisStore {
  /** Runs a script by its digest. Rejects at once while Redis is away. */
  run(tenantId: string, script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Removes all keys of a tenant, some at a time. @returns how many there were. */
  removeTenant(tenantId: string): Promise<number>;
  ping(): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

/** A Lua script under a name of ours; one round trip, and nothing runs in between. */
export interface Script {
  readonly name: string;
  readonly keyCount: number;
  readonly lua: string;
}

export const openRedis = (options: RedisOptions): RedisStore => {
  const { protocol, hostname } = new URL(options.url);
  const tls = protocol === 'rediss:' ? (options.tls ?? publicClientTls()) : undefined;
  const redis = new Redis(options.url, {
    ...(tls ? { tls: tls.optionsFor(hostname.replace(/^\[|\]$/g, '')) } : {}),
    connectionName: options.name,
    // Its library's name and version are of no use to the server, and one more command to allow.
    disableClientInfo: true,
    connectTimeout: options.connectTimeoutMs,
    // A call while Redis is away fails at once instead of waiting in a queue: callers fall back.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2000,
    autoResendUnfulfilledCommands: false,
    // Soon: while one worker is back and another is not, both spend the same budget (see accountBudget).
    retryStrategy: times => Math.min(500, 100 * times),
    enableAutoPipelining: true,
  });
  redis.on('ready', () => options.onStatus('ready'));
  redis.on('close', () => options.onStatus('closed'));
  // Connection errors arrive here and at each call; unheard, they would end the process. The same one comes with each try: said once.
  let told = '';
  redis.on('ready', () => (told = ''));
  redis.on('error', (error: Error) => {
    const clear = tls?.explain(error, 'Redis') ?? error;
    if (clear.message === told) return;
    told = clear.message;
    options.onError(clear);
  });
  const shares = new Map<string, { readonly limit: ReturnType<typeof createLimit>; users: number }>();
  const defined = new Set<string>();
  const call = redis as unknown as Record<string, (...args: (string | number)[]) => Promise<unknown>>;

  return {
    run: async (tenantId, script, keys, args) => {
      if (!defined.has(script.name)) {
        redis.defineCommand(script.name, { numberOfKeys: script.keyCount, lua: script.lua });
        defined.add(script.name);
      }
      let share = shares.get(tenantId);
      if (!share) shares.set(tenantId, (share = { limit: createLimit(options.operationsPerTenantMax), users: 0 }));
      share.users++;
      try {
        return await share.limit(
          () => call[script.name]?.(...keys, ...args) ?? Promise.reject(new Error('no such script')),
        );
      } finally {
        // Tenants come and go: an unused share is forgotten.
        if (--share.users === 0) shares.delete(tenantId);
      }
    },
    removeTenant: async tenantId => {
      let removed = 0;
      let cursor = '0';
      do {
        const [next, keys] = await redis.scan(cursor, 'MATCH', redisKeys.ofTenant(tenantId), 'COUNT', 1000);
        if (keys.length > 0) removed += await redis.unlink(...keys);
        cursor = next;
      } while (cursor !== '0');
      return removed;
    },
    ping: async () => {
      await redis.ping();
    },
    isReady: () => redis.status === 'ready',
    close: async () => {
      if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
      else redis.disconnect();
    },
  };
};
