import { redisKeys } from '@freight/contracts';
import { newId } from '@freight/kernel';
import type { RedisStore, Script } from './redis.ts';

/** The right to a batch, for a time. Cheap and forgetful: it saves work, while the fence in Postgres decides. */
export interface Lease {
  /** Prolongs it. @returns false when somebody else has it by now. */
  renew(): Promise<boolean>;
  /** Gives it up, if it is still ours. */
  release(): Promise<void>;
}

const acquireScript: Script = {
  name: 'freightLeaseAcquire',
  keyCount: 1,
  lua: `return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`,
};

// Both look at the owner first: a late holder must not touch the next one's lease.
const renewScript: Script = {
  name: 'freightLeaseRenew',
  keyCount: 1,
  lua: `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`,
};
const releaseScript: Script = {
  name: 'freightLeaseRelease',
  keyCount: 1,
  lua: `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`,
};

export interface LeaseTarget {
  readonly tenantId: string;
  readonly jobId: string;
  readonly batchId: string;
}

/** A lease that nothing keeps: Redis is away, and the claim in Postgres alone decides. */
const unkept: Lease = { renew: () => Promise.resolve(true), release: () => Promise.resolve() };

/**
 * Tries to take the lease of a batch.
 * @returns undefined when somebody holds it; while Redis is away a lease that always renews, since the claim in Postgres decides anyway.
 */
export const acquireLease = async (
  redis: RedisStore,
  target: LeaseTarget,
  ttlMs: number,
): Promise<Lease | undefined> => {
  const key = redisKeys.lease(target.tenantId, target.jobId, target.batchId);
  const owner = newId();
  const run = (script: Script, ...args: (string | number)[]) => redis.run(target.tenantId, script, [key], args);
  try {
    if ((await run(acquireScript, owner, ttlMs)) !== 1) return undefined;
  } catch {
    return unkept;
  }
  return {
    renew: async () => {
      try {
        return (await run(renewScript, owner, ttlMs)) === 1;
      } catch {
        return true;
      }
    },
    release: async () => {
      // Unreleased, it runs out by itself.
      await run(releaseScript, owner).catch(() => {});
    },
  };
};
