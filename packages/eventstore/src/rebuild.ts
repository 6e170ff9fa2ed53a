import type { Decider } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { logTables, readTenantLog, rebuildLock } from './store.ts';
import type { AnyEvent, LogName, Projection } from './types.ts';

export interface RebuildOptions<S, E extends AnyEvent> {
  readonly db: Database;
  readonly log: LogName;
  readonly decider: Pick<Decider<S, never, E, unknown>, 'initialState' | 'evolve'>;
  readonly projections: readonly Projection<E>[];
}

/** The tenants that have events in a log. Reads across tenants, as the relay's role. */
const tenantsOfLog = (db: Database, log: LogName): Promise<readonly string[]> =>
  db.withRole('freight_relay', async sql => {
    const rows = await sql<
      { tenant_id: string }[]
    >`select distinct tenant_id from ${sql(logTables(log).events)} order by 1`;
    return rows.map(row => row.tenant_id);
  });

/**
 * Empties a log's read models and stream states and folds them anew, tenant by tenant, each in one transaction: readers see the old rows
 * or the new ones. Appends of that tenant wait meanwhile.
 * @returns how many tenants and events were folded.
 */
export const rebuild = async <S, E extends AnyEvent>(
  options: RebuildOptions<S, E>,
): Promise<{ readonly tenants: number; readonly events: number }> => {
  const { db, log, decider, projections } = options;
  const { streams } = logTables(log);
  const tenantIds = await tenantsOfLog(db, log);
  let events = 0;
  for (const tenantId of tenantIds) {
    await db.withTenant(tenantId, async sql => {
      await sql`select pg_advisory_xact_lock(${rebuildLock(sql, log, tenantId)})`;
      await sql`select 1 from ${sql(streams)} where tenant_id = freight_tenant() for update`;
      const recorded = await readTenantLog<E>(sql, log);
      for (const projection of projections) {
        for (const table of projection.tables) {
          await sql`delete from ${sql(table)} where ${sql(table === 'tenants' ? 'id' : 'tenant_id')} = freight_tenant()`;
        }
      }
      const states = new Map<string, { state: S; version: number; at: Date }>();
      for (const one of recorded) {
        const before = states.get(one.streamId)?.state ?? decider.initialState;
        states.set(one.streamId, {
          state: decider.evolve(before, one.event),
          version: one.version,
          at: one.occurredAt,
        });
        for (const projection of projections) await projection.apply(sql, one);
      }
      for (const [streamId, { state, version, at }] of states) {
        await sql`
          insert into ${sql(streams)} (tenant_id, stream_id, version, state, updated_at)
          values (${tenantId}, ${streamId}, ${version}, ${sql.json(state as never)}, ${at})
          on conflict (tenant_id, stream_id) do update
            set version = excluded.version, state = excluded.state, updated_at = excluded.updated_at`;
      }
      events += recorded.length;
    });
  }
  return { tenants: tenantIds.length, events };
};
