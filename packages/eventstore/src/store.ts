import type { EventMetadata } from '@freight/contracts';
import { type Decider, err, FreightError, newId, ok, type Result } from '@freight/kernel';
import { isUniqueViolation, type TenantSql } from '@freight/postgres';
import type { AnyEvent, ExpectedVersion, LogName, Projection, RecordedEvent } from './types.ts';

export interface StoreOptions<S, C, E extends AnyEvent, R> {
  readonly log: LogName;
  readonly decider: Decider<S, C, E, R>;
  readonly projections: readonly Projection<E>[];
}

export interface ExecuteOptions<C> {
  readonly tenantId: string;
  readonly streamId: string;
  readonly command: C;
  readonly expected: ExpectedVersion;
  readonly metadata: EventMetadata;
  readonly now: Date;
}

export interface Executed<S, E extends AnyEvent> {
  readonly state: S;
  /** The stream's version afterwards; 0 when there is still no stream. */
  readonly version: number;
  readonly events: readonly RecordedEvent<E>[];
}

export interface Loaded<S> {
  readonly state: S;
  readonly version: number;
}

/** A version that is not the expected one; for the caller to answer, as nothing was changed. */
export interface VersionMismatch {
  readonly code: 'version_mismatch';
  readonly actual: number;
}

export interface Store<S, C, E extends AnyEvent, R> {
  /** The stored state of a stream; the initial state and version 0 when there is none. */
  load(sql: TenantSql, streamId: string): Promise<Loaded<S>>;
  /**
   * Decides and records: events, stream state and read models, all in the caller's transaction. Locks the stream's row, so that two
   * deciders of one stream run one after the other.
   * @throws FreightError `concurrent_append`, retryable: another transaction made the same stream first. Run the whole transaction again.
   */
  execute(sql: TenantSql, options: ExecuteOptions<C>): Promise<Result<Executed<S, E>, R | VersionMismatch>>;
  /** Folds the log from nothing, for proofs and repairs. */
  replay(sql: TenantSql, streamId: string): Promise<Loaded<S>>;
}

interface EventRow {
  event_id: string;
  tenant_id: string;
  stream_id: string;
  version: number;
  type: string;
  data: object;
  metadata: EventMetadata;
  occurred_at: Date;
}

const toRecorded = <E extends AnyEvent>(row: EventRow): RecordedEvent<E> => ({
  id: row.event_id,
  tenantId: row.tenant_id,
  streamId: row.stream_id,
  version: row.version,
  event: { type: row.type, data: row.data } as unknown as E,
  metadata: row.metadata,
  occurredAt: row.occurred_at,
});

const tables = {
  tenant: { events: 'tenant_events', streams: 'tenant_streams' },
  job: { events: 'job_events', streams: 'job_streams' },
};

/** The names of a log's tables. */
export const logTables = (log: LogName): { readonly events: string; readonly streams: string } => tables[log];

/** What a rebuild of a tenant's log and the making of a stream in it exclude each other by. */
export const rebuildLock = (sql: TenantSql, log: LogName, tenantId: string) =>
  sql`hashtextextended(${`freight rebuild ${log} ${tenantId}`}, 0)`;

/** Reads a stream's events in order, after a version. */
export const readStream = async <E extends AnyEvent>(
  sql: TenantSql,
  log: LogName,
  streamId: string,
  options: { readonly after: number; readonly limit: number },
): Promise<readonly RecordedEvent<E>[]> => {
  const rows = await sql<EventRow[]>`
    select event_id, tenant_id, stream_id, version, type, data, metadata, occurred_at
    from ${sql(tables[log].events)}
    where tenant_id = freight_tenant() and stream_id = ${streamId} and version > ${options.after}
    order by version limit ${options.limit}`;
  return rows.map(row => toRecorded<E>(row));
};

/** Reads all of a tenant's events, stream by stream in order of their first event. */
export const readTenantLog = async <E extends AnyEvent>(
  sql: TenantSql,
  log: LogName,
): Promise<readonly RecordedEvent<E>[]> => {
  const rows = await sql<EventRow[]>`
    select event_id, tenant_id, stream_id, version, type, data, metadata, occurred_at
    from ${sql(tables[log].events)} where tenant_id = freight_tenant() order by tx, seq`;
  return rows.map(row => toRecorded<E>(row));
};

export const createStore = <S, C, E extends AnyEvent, R>(options: StoreOptions<S, C, E, R>): Store<S, C, E, R> => {
  const { decider, projections } = options;
  const { events: eventsTable, streams: streamsTable } = tables[options.log];

  const load = async (sql: TenantSql, streamId: string, lock: boolean): Promise<Loaded<S>> => {
    const [row] = await sql<{ version: number; state: S }[]>`
      select version, state from ${sql(streamsTable)}
      where tenant_id = freight_tenant() and stream_id = ${streamId} ${lock ? sql`for update` : sql``}`;
    return row ? { version: row.version, state: row.state } : { version: 0, state: decider.initialState };
  };

  const append = async (
    sql: TenantSql,
    { tenantId, streamId, metadata, now }: ExecuteOptions<C>,
    before: Loaded<S>,
    events: readonly E[],
  ): Promise<Executed<S, E>> => {
    let state = before.state;
    let version = before.version;
    // A stream's row keeps a rebuild away from it; a stream that has none yet waits for the rebuild's own lock.
    if (version === 0) await sql`select pg_advisory_xact_lock_shared(${rebuildLock(sql, options.log, tenantId)})`;
    // A transaction may have got its id before it waited for the stream's row, and then commit after one with a greater id. So an event
    // never takes a smaller place than the one before it: (tx, seq) then follows the versions of every stream. It stays safe below
    // the snapshot horizon, since the place is never smaller than the transaction's own id.
    const [place] = await sql<{ tx: string }[]>`
      select greatest(pg_current_xact_id(), (
        select tx from ${sql(eventsTable)}
        where tenant_id = ${tenantId} and stream_id = ${streamId} and version = ${before.version}))::text as tx`;
    const recorded = events.map((event): RecordedEvent<E> => {
      state = decider.evolve(state, event);
      version++;
      return { id: newId(), tenantId, streamId, version, event, metadata, occurredAt: now };
    });
    const rows = recorded.map(one => ({
      tenant_id: tenantId,
      stream_id: streamId,
      version: one.version,
      event_id: one.id,
      type: one.event.type,
      data: sql.json(one.event.data as never),
      metadata: sql.json(metadata as never),
      occurred_at: now,
      tx: place?.tx ?? '',
    }));
    try {
      await sql`insert into ${sql(eventsTable)} ${sql(rows)}`;
    } catch (cause) {
      if (!isUniqueViolation(cause)) throw cause;
      throw new FreightError(`Stream ${streamId} was appended to at the same time`, {
        code: 'concurrent_append',
        retry: 'retryable',
        cause,
      });
    }
    await sql`
      insert into ${sql(streamsTable)} (tenant_id, stream_id, version, state, updated_at)
      values (${tenantId}, ${streamId}, ${version}, ${sql.json(state as never)}, ${now})
      on conflict (tenant_id, stream_id) do update
        set version = excluded.version, state = excluded.state, updated_at = excluded.updated_at`;
    for (const projection of projections) {
      for (const one of recorded) await projection.apply(sql, one);
    }
    return { state, version, events: recorded };
  };

  return {
    load: (sql, streamId) => load(sql, streamId, false),
    execute: async (sql, run) => {
      const before = await load(sql, run.streamId, true);
      const expected = run.expected === 'no_stream' ? 0 : run.expected;
      if (expected !== 'any' && expected !== before.version) {
        return err({ code: 'version_mismatch', actual: before.version });
      }
      const decided = decider.decide(run.command, before.state);
      if (!decided.ok) return decided;
      if (decided.value.length === 0) return ok({ state: before.state, version: before.version, events: [] });
      return ok(await append(sql, run, before, decided.value));
    },
    replay: async (sql, streamId) => {
      let state = decider.initialState;
      let version = 0;
      for (;;) {
        const page = await readStream<E>(sql, options.log, streamId, { after: version, limit: 1000 });
        for (const one of page) state = decider.evolve(state, one.event);
        const last = page.at(-1);
        if (!last) return { state, version };
        version = last.version;
      }
    },
  };
};
