import { redisKeys } from '@freight/contracts';
import { FreightError, sleep } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { type BucketRate, drainBucket, pauseBucket, takeTokens } from './bucket.ts';
import type { RedisStore } from './redis.ts';

export interface AccountBudgetOptions {
  readonly redis: RedisStore;
  readonly db: Database;
  /** Names the vendor's account, without saying whose it is. */
  readonly account: string;
  readonly tenantId: string;
  /** undefined: the class has no limit. */
  readonly rates: Readonly<Record<'read' | 'write', BucketRate | undefined>>;
  /** A longer wait for one call is refused instead of waited for, so that the batch can be given back. Milliseconds. */
  readonly waitMaxMs: number;
}

/** The calls that one account at a vendor allows, spent together by all workers. */
export interface AccountBudget {
  /** @throws FreightError `account_paused`, retryable, with the wait, when it would be longer than `waitMaxMs`. */
  acquire(callClass: 'read' | 'write', signal: AbortSignal): Promise<void>;
  /** The vendor said "wait": no worker calls this account until then. */
  pause(ms: number): Promise<void>;
}

/**
 * Takes one turn of a class while Redis is away: a plain pace without burst, kept in Postgres on its clock.
 * @returns how long until the turn, or until there might be one when that is longer than `waitMaxMs`. Milliseconds.
 */
const takePacedTurn = (
  db: Database,
  turn: {
    readonly account: string;
    readonly callClass: string;
    readonly perSecond: number;
    readonly waitMaxMs: number;
  },
): Promise<{ readonly taken: boolean; readonly waitMs: number }> =>
  db.withoutTenant(async sql => {
    const { account, callClass, perSecond, waitMaxMs } = turn;
    const step = 1 / perSecond;
    const [row] = await sql<{ wait_ms: number }[]>`
      insert into rate_pacing as p (account, call_class, next_at)
      values (${account}, ${callClass}, clock_timestamp() + make_interval(secs => ${step}))
      on conflict (account, call_class) do update
        set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => ${step})
        where p.next_at <= clock_timestamp() + make_interval(secs => ${waitMaxMs / 1000})
      returning greatest(0, extract(epoch from p.next_at - make_interval(secs => ${step}) - clock_timestamp()) * 1000)::float8 as wait_ms`;
    if (row) return { taken: true, waitMs: row.wait_ms };
    return { taken: false, waitMs: await pacedAheadMs(sql, account, callClass) };
  });

/** How far ahead turns are given away, milliseconds. */
const pacedAheadMs = async (
  sql: Parameters<Parameters<Database['withoutTenant']>[0]>[0],
  account: string,
  callClass: string,
): Promise<number> => {
  const [row] = await sql<{ ahead_ms: number }[]>`
    select greatest(0, extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ahead_ms
    from rate_pacing where account = ${account} and call_class = ${callClass}`;
  return row?.ahead_ms ?? 0;
};

/** Keeps a pause where it is also found while Redis is away. */
const pausePacing = (db: Database, account: string, ms: number): Promise<unknown> =>
  db.withoutTenant(
    sql => sql`
      insert into rate_pacing as p (account, call_class, next_at)
      select ${account}, call_class, clock_timestamp() + make_interval(secs => ${ms / 1000})
      from unnest(array['read', 'write']) call_class
      on conflict (account, call_class) do update set next_at = greatest(p.next_at, excluded.next_at)`,
  );

/** Until every worker has found Redis again, milliseconds: one that has not still takes turns from Postgres. Longer than its retries. */
const settleMs = 1000;

/**
 * States of each class: shared (Redis decides) ⇄ paced (Redis is away, Postgres decides, without burst). On the way back the bucket in
 * Redis is emptied first, since it does not know what was spent meanwhile, and stays closed until the turns that Postgres gave away
 * are over and the other workers are back too.
 */
export const openAccountBudget = (options: AccountBudgetOptions): AccountBudget => {
  const { redis, db, account, tenantId, rates } = options;
  const paced = new Set<string>();
  let pausedUntil = 0;
  const keysOf = (callClass: string) => ({
    tenantId,
    bucket: redisKeys.accountRate(account, callClass),
    pause: redisKeys.accountPause(account),
  });

  /** @returns how long to wait before trying again; 0: taken. Milliseconds. */
  const attempt = async (callClass: 'read' | 'write', rate: BucketRate, signal: AbortSignal): Promise<number> => {
    const localPause = pausedUntil - performance.now();
    if (localPause > 0) return localPause;
    try {
      if (paced.has(callClass)) {
        await redis.ping();
        const aheadMs = await db.withoutTenant(sql => pacedAheadMs(sql, account, callClass));
        await drainBucket(redis, keysOf(callClass), rate, Math.max(aheadMs, settleMs));
        paced.delete(callClass);
      }
      const verdict = await takeTokens(redis, keysOf(callClass), rate, 1, 'empty');
      return verdict.taken ? 0 : Math.max(1, verdict.waitMs);
    } catch {
      paced.add(callClass);
      const turn = { account, callClass, perSecond: rate.perSecond, waitMaxMs: options.waitMaxMs };
      const { taken, waitMs } = await takePacedTurn(db, turn);
      if (!taken) return waitMs;
      // The turn is ours, only later: it must be waited for, not asked for again. Given up, it is nobody's.
      await sleep(waitMs, signal);
      signal.throwIfAborted();
      return 0;
    }
  };

  return {
    acquire: async (callClass, signal) => {
      const rate = rates[callClass];
      if (!rate) return;
      for (;;) {
        signal.throwIfAborted();
        const waitMs = await attempt(callClass, rate, signal);
        if (waitMs === 0) return;
        if (waitMs > options.waitMaxMs) {
          throw new FreightError('The account must not be called for a while', {
            code: 'account_paused',
            retry: 'retryable',
            retryAfterMs: waitMs,
          });
        }
        // Several wait for the same token: spread them a little, so that they do not ask all at once.
        await sleep(waitMs + Math.random() * 5, signal);
      }
    },
    pause: async ms => {
      pausedUntil = Math.max(pausedUntil, performance.now() + ms);
      await Promise.all([
        pauseBucket(redis, keysOf('write'), ms).catch(() => {}),
        pausePacing(db, account, ms).catch(() => {}),
      ]);
    },
  };
};
