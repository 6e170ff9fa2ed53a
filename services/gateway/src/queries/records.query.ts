import type { ObjectName, Outcome, RecordOutcomeView } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import { sealContexts, type TenantVault } from '@freight/vault';

export interface OutcomeRow {
  readonly run_id: string;
  readonly object: ObjectName;
  readonly source_id: string;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly sealed_message: Buffer | null;
  readonly target_id: string | null;
  readonly merged_into: string | null;
  readonly at: Date;
}

export interface OutcomeFilter {
  readonly jobId: string;
  readonly runId: string;
  readonly outcome: Outcome | undefined;
  readonly object: ObjectName | undefined;
}

/** What became of a run's records, by outcome, object and source id: the order of the index record_outcomes_by_outcome. */
export const listOutcomes = (
  db: Database,
  tenantId: string,
  filter: OutcomeFilter,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly OutcomeRow[]> =>
  db.withTenant(
    tenantId,
    sql => sql<OutcomeRow[]>`
      select run_id, object, source_id, outcome, reason, sealed_message, target_id, merged_into, at from record_outcomes
      where tenant_id = freight_tenant() and job_id = ${filter.jobId} and run_id = ${filter.runId}
        ${filter.outcome === undefined ? sql`` : sql`and outcome = ${filter.outcome}`}
        ${filter.object === undefined ? sql`` : sql`and object = ${filter.object}`}
        ${after ? sql`and (outcome, object, source_id) > (${after[0] ?? ''}, ${after[1] ?? ''}, ${after[2] ?? ''})` : sql``}
      order by outcome, object, source_id limit ${limit}`,
  );

/** A row as the API shows it; the message is opened for its own tenant only. */
export const showOutcome = (row: OutcomeRow, tenantId: string, vault: TenantVault): RecordOutcomeView => ({
  object: row.object,
  sourceId: row.source_id,
  outcome: row.outcome,
  reason: row.reason,
  message:
    row.sealed_message === null
      ? null
      : vault.open(row.sealed_message, sealContexts.outcome(tenantId, row.run_id, row.object, row.source_id)),
  targetId: row.target_id,
  mergedInto: row.merged_into,
  runId: row.run_id,
  at: row.at.toISOString(),
});
