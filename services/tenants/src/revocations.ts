import type { RevocationHeartbeat, RevocationNotice, TenantEvent } from '@freight/contracts';
import type { RecordedEvent } from '@freight/eventstore';
import { sleep } from '@freight/kernel';
import { type Database, isTransient, type TenantSql } from '@freight/postgres';

/** What ends or limits a key, or gives one back: whatever a gateway remembers of the tenant's keys is then to be asked anew. */
const endings: ReadonlySet<TenantEvent['type']> = new Set([
  'api-key-revoked',
  'api-key-rotated',
  'tenant-suspended',
  'tenant-activated',
  'tenant-erasure-started',
  'tenant-erased',
]);

export interface RevocationLog {
  /** Counts what ends keys among the events just appended, in their transaction; it is made known when that has committed. */
  record(sql: TenantSql, tenantId: string, events: readonly RecordedEvent<TenantEvent>[]): Promise<void>;
  /** The door whose transactions make known what they recorded. */
  readonly db: Database;
}

/**
 * Counts revocations and says them right after their commit: before the command's reply is sent, and without the relay, which waits for
 * the snapshot horizon. A notice that is lost shows in the next heartbeat.
 */
export const createRevocationLog = (db: Database, publish: (notice: RevocationNotice) => void): RevocationLog => {
  const recorded = new WeakMap<TenantSql, RevocationNotice>();
  return {
    record: async (sql, tenantId, events) => {
      if (!events.some(one => endings.has(one.event.type))) return;
      const [row] = await sql<{ position: number }[]>`
        update revocation_position set position = position + 1 returning position`;
      if (row) recorded.set(sql, { tenantId, position: row.position });
    },
    db: {
      ...db,
      withTenant: async (tenantId, work) => {
        let used: TenantSql | undefined;
        const result = await db.withTenant(tenantId, sql => {
          used = sql;
          return work(sql);
        });
        const notice = used && recorded.get(used);
        if (notice) publish(notice);
        return result;
      },
    },
  };
};

export interface HeartbeatOptions {
  readonly db: Database;
  readonly send: (beat: RevocationHeartbeat) => void;
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

/** Says again and again how many revocations there were, and as of when; while Postgres does not answer it is silent, and so it should be. */
export const startRevocationHeartbeat = (options: HeartbeatOptions): { stop(): Promise<void> } => {
  const stopping = new AbortController();

  const read = (): Promise<RevocationHeartbeat | undefined> =>
    options.db.withoutTenant(async sql => {
      // The statement's own time is earlier than its snapshot: nothing that was committed before it is missing from the count.
      const [row] = await sql<RevocationHeartbeat[]>`
        select position, extract(epoch from statement_timestamp())::float8 * 1000 as at from revocation_position`;
      return row;
    });

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const beat = await read();
        if (beat) options.send(beat);
      } catch (error) {
        if (!isTransient(error)) options.onError(error);
      }
      await sleep(options.everyMs, stopping.signal);
    }
  };

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
