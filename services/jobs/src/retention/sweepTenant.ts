import type { Database, TenantSql } from '@freight/postgres';

/** The tables that rows are removed from. The ledger stays: without it a later run would take its own records for somebody else's. */
export type SweptTable = 'commands' | 'staged_keys' | 'staged_records' | 'record_outcomes' | 'run_agreements';

export interface SweepOptions {
  readonly db: Database;
  /** Rows that one transaction removes at most: it is short, and nobody waits for it. */
  readonly rowsPerTransaction: number;
  readonly signal: AbortSignal;
  readonly onRemoved: (table: SweptTable, rows: number) => void;
}

interface EndedRun {
  readonly id: string;
  readonly job_id: string;
}

const runsAtOnce = 100;

const cutOff = (sql: TenantSql, days: number) => sql`now() - make_interval(days => ${days}::int)`;

/** Answered commands; a pending one is a promise and stays. */
const removeCommands = (sql: TenantSql, days: number, limit: number) => sql`
  delete from commands where tenant_id = freight_tenant() and id in (
    select id from commands
    where tenant_id = freight_tenant() and state = 'done' and replied_at < ${cutOff(sql, days)}
    order by replied_at limit ${limit})`;

/** Runs that ended before, for good, and still have rows. */
const findRuns = (sql: TenantSql, days: number) => sql<EndedRun[]>`
  select r.id, r.job_id from runs r
  where r.tenant_id = freight_tenant() and r.ended_at < ${cutOff(sql, days)} and (
    exists (select 1 from staged_records s where s.tenant_id = r.tenant_id and s.run_id = r.id)
    or exists (select 1 from staged_keys k where k.tenant_id = r.tenant_id and k.run_id = r.id)
    or exists (select 1 from run_agreements a where a.tenant_id = r.tenant_id and a.run_id = r.id)
    or exists (select 1 from record_outcomes o where o.tenant_id = r.tenant_id and o.job_id = r.job_id and o.run_id = r.id))
  order by r.ended_at limit ${runsAtOnce}`;

const removeKeys = (sql: TenantSql, run: EndedRun, limit: number) => sql`
  delete from staged_keys where tenant_id = freight_tenant() and (run_id, object, kind, key, source_id) in (
    select run_id, object, kind, key, source_id from staged_keys
    where tenant_id = freight_tenant() and run_id = ${run.id} limit ${limit})`;

const removeStaged = (sql: TenantSql, run: EndedRun, limit: number) => sql`
  delete from staged_records where tenant_id = freight_tenant() and (run_id, object, source_id) in (
    select run_id, object, source_id from staged_records
    where tenant_id = freight_tenant() and run_id = ${run.id} limit ${limit})`;

const removeOutcomes = (sql: TenantSql, run: EndedRun, limit: number) => sql`
  delete from record_outcomes where tenant_id = freight_tenant() and (job_id, run_id, object, source_id) in (
    select job_id, run_id, object, source_id from record_outcomes
    where tenant_id = freight_tenant() and job_id = ${run.job_id} and run_id = ${run.id} limit ${limit})`;

const removeAgreement = (sql: TenantSql, run: EndedRun) => sql`
  delete from run_agreements where tenant_id = freight_tenant() and run_id = ${run.id}`;

/**
 * Removes what nobody needs any more of one tenant: answered commands, and the staged records, outcomes and agreement of runs that have ended, older
 * than `days` on the database's clock. In many small transactions, each by the role that may remove and in the tenant's scope; several at once,
 * or one that was cut short, do no harm.
 */
export const sweepTenant = async (options: SweepOptions, tenantId: string, days: number): Promise<void> => {
  const { db, rowsPerTransaction: limit, signal } = options;
  const within = <T>(work: (sql: TenantSql) => Promise<T>) => db.withTenantAs('freight_retention', tenantId, work);

  const removeAll = async (
    table: SweptTable,
    remove: (sql: TenantSql) => PromiseLike<{ readonly count: number }>,
  ): Promise<void> => {
    while (!signal.aborted) {
      const { count } = await within(async sql => ({ count: (await remove(sql)).count }));
      if (count > 0) options.onRemoved(table, count);
      if (count < limit) return;
    }
  };

  await removeAll('commands', sql => removeCommands(sql, days, limit));
  while (!signal.aborted) {
    const runs = await within(async sql => [...(await findRuns(sql, days))]);
    for (const run of runs) {
      await removeAll('staged_keys', sql => removeKeys(sql, run, limit));
      await removeAll('staged_records', sql => removeStaged(sql, run, limit));
      await removeAll('record_outcomes', sql => removeOutcomes(sql, run, limit));
      await removeAll('run_agreements', sql => removeAgreement(sql, run));
    }
    if (runs.length < runsAtOnce) return;
  }
};
