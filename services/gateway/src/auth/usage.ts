import type { Database } from '@freight/postgres';
import type { Caller } from './caller.ts';

/** Keeps count of each key's use; written every few seconds, so that a busy key is one row's update and not one a request. */
export interface KeyUsage {
  record(caller: Caller, at: Date): void;
  /** Writes what was counted and ends. */
  stop(): Promise<void>;
}

interface Use {
  readonly tenantId: string;
  readonly keyId: string;
  count: number;
  at: Date;
}

const flushEveryMs = 2000;

export const startKeyUsage = (db: Database, onError: (error: unknown) => void): KeyUsage => {
  let uses = new Map<string, Use>();
  let flushing: Promise<void> = Promise.resolve();

  const add = (use: Use) => {
    const before = uses.get(use.keyId);
    if (!before) uses.set(use.keyId, use);
    else {
      before.count += use.count;
      if (before.at < use.at) before.at = use.at;
    }
  };

  const flush = async (): Promise<void> => {
    const batch = uses;
    uses = new Map();
    for (const use of batch.values()) {
      try {
        await db.withTenant(
          use.tenantId,
          sql => sql`
            insert into api_key_usage as u (tenant_id, key_id, used_count, last_used_at)
            -- A key that was erased meanwhile leaves nothing behind.
            select k.tenant_id, k.id, ${use.count}::bigint, ${use.at}::timestamptz from api_keys k
            where k.tenant_id = ${use.tenantId} and k.id = ${use.keyId}
            on conflict (tenant_id, key_id) do update set used_count = u.used_count + excluded.used_count,
              last_used_at = greatest(u.last_used_at, excluded.last_used_at)`,
        );
      } catch (error) {
        // Counted again at the next turn.
        add(use);
        onError(error);
      }
    }
  };

  const timer = setInterval(() => {
    flushing = flushing.then(flush);
  }, flushEveryMs);
  return {
    record: (caller, at) => add({ tenantId: caller.tenantId, keyId: caller.keyId, count: 1, at }),
    stop: async () => {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
};
