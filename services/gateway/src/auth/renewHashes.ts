import { createLimit } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import type { KeyId } from './caller.ts';
import type { Hasher } from './hasher.ts';
import type { KeyCandidate } from './lookUpKeys.ts';

/** Gives keys a new hash when the cost setting has risen, off the way of the request that showed the key. */
export interface HashRenewal {
  /** A key that was just found right. */
  consider(key: string, candidate: Pick<KeyCandidate, 'key' | 'hash'>): void;
  stop(): Promise<void>;
}

/** Keys that wait for their new hash; more are let go, and have their turn when they are verified the next time. */
const waitingMax = 100;

/**
 * Puts a new hash in the place of the very one that was verified. It says nothing of whether the key may be used: a revocation, an expiry
 * or a rotation stands elsewhere and is not touched. The tenant's row mirrors a key's hash, and follows where it still mirrors this one.
 */
const replaceHash = (db: Database, { tenantId, keyId }: KeyId, before: string, after: string): Promise<unknown> =>
  db.withTenantAs('freight_key_rehash', tenantId, async sql => {
    const renewed = await sql`
      update api_key_hashes set hash = ${after} where tenant_id = ${tenantId} and key_id = ${keyId} and hash = ${before}`;
    if (renewed.count > 0)
      await sql`update tenants set api_key_hash = ${after} where id = ${tenantId} and api_key_hash = ${before}`;
  });

export const startHashRenewal = (options: {
  readonly db: Database;
  readonly hasher: Pick<Hasher, 'renew'>;
  readonly onError: (error: unknown) => void;
}): HashRenewal => {
  const oneAtATime = createLimit(1);
  const waiting = new Map<string, Promise<void>>();
  let stopped = false;

  const renew = async (key: string, { key: id, hash: before }: Pick<KeyCandidate, 'key' | 'hash'>): Promise<void> => {
    if (stopped) return;
    const after = await options.hasher.renew(key, before);
    if (after !== undefined) await replaceHash(options.db, id, before, after);
  };

  return {
    consider: (key, candidate) => {
      const { keyId } = candidate.key;
      if (waiting.has(keyId) || waiting.size >= waitingMax) return;
      const renewing = oneAtATime(() => renew(key, candidate))
        .catch(options.onError)
        .finally(() => waiting.delete(keyId));
      waiting.set(keyId, renewing);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(waiting.values());
    },
  };
};
