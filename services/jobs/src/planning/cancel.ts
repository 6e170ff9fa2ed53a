import type { ObjectName, Outcome, WorkKind } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import type { BatchReport } from '../domain/job/commands.ts';
import { noOutcomes } from '../domain/job/progress.ts';
import { insertBatch, type RunBatches, type RunTarget } from './batches.ts';

/** How far a cancelled run could be closed. */
export interface Closed {
  /** The batches that were closed now. */
  readonly batchIds: readonly string[];
  /** No worker holds a batch of these kinds any more, and no result of one waits to be folded. */
  readonly isComplete: boolean;
}

/**
 * Closes those batches of a cancelled run that no worker holds: waiting ones, and those whose holder's time has run out. A claim and this statement
 * meet at the batch's row: whichever comes second sees what the first one made of it, so that a batch which a worker is at stays open, and a
 * closed one is never claimed. What a worker finished in between is seen by the second statement, and folded before the run ends.
 */
export const closeBatches = async (
  sql: TenantSql,
  { tenantId, runId }: RunTarget,
  kinds: readonly WorkKind[],
): Promise<Closed> => {
  const closed = await sql<{ id: string }[]>`
    update batches set state = 'done', folded = true, done_at = now(), fence = fence + 1
    where tenant_id = ${tenantId} and run_id = ${runId} and kind in ${sql(kinds)} and state <> 'done'
      and not (state = 'claimed' and leased_until > clock_timestamp())
    returning id`;
  const [open] = await sql`
    select 1 from batches where tenant_id = ${tenantId} and run_id = ${runId} and kind in ${sql(kinds)} and not folded limit 1`;
  return { batchIds: closed.map(row => row.id), isComplete: !open };
};

const reportsOf = (
  rows: readonly { batch_id: string; object: ObjectName; outcome: Outcome; n: number }[],
): readonly BatchReport[] => {
  const reports = new Map<string, BatchReport>();
  for (const { batch_id: batchId, object, outcome, n } of rows) {
    const report = reports.get(batchId) ?? {
      batchId,
      kind: 'load',
      object,
      staged: 0,
      counts: noOutcomes,
      extraction: null,
    };
    reports.set(batchId, { ...report, counts: { ...report.counts, [outcome]: n } });
  }
  return [...reports.values()];
};

/**
 * Gives the records that an unfinished batch had written already, by the ledger, the outcome that they have: they stand in the target, whatever
 * becomes of the job. The others of a written record's group share it.
 * @returns what each batch had done, to be folded as its result.
 */
export const storeWritten = async (
  sql: TenantSql,
  { tenantId, jobId, runId }: RunTarget,
  batchIds: readonly string[],
): Promise<readonly BatchReport[]> => {
  if (batchIds.length === 0) return [];
  const rows = await sql<{ batch_id: string; object: ObjectName; outcome: Outcome; n: number }[]>`
    with written as (
      insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome, target_id, merged_into, batch_id)
      select s.tenant_id, s.job_id, s.run_id, s.object, s.source_id,
        case when s.source_id = r.source_id then r.outcome else 'merged' end, r.target_id,
        case when s.source_id = r.source_id then null else r.source_id end, r.batch_id
      from record_ids r
      join staged_records leader on leader.tenant_id = r.tenant_id and leader.run_id = ${runId} and leader.object = r.object
        and leader.source_id = r.source_id
      join staged_records s on s.tenant_id = r.tenant_id and s.run_id = ${runId} and s.object = r.object
        and s.group_ordinal = leader.group_ordinal
      where r.tenant_id = ${tenantId} and r.job_id = ${jobId} and r.state = 'done' and r.outcome in ('created', 'updated')
        and r.target_id is not null and r.batch_id = any(${[...batchIds]}::uuid[])
      on conflict do nothing
      returning batch_id, object, outcome
    )
    select batch_id, object, outcome, count(*) as n from written group by batch_id, object, outcome`;
  return reportsOf(rows);
};

/**
 * Skips every record of a cancelled run that has no outcome. Called when all of its batches are closed, and what was in doubt has been looked
 * at, or could not be: such a record is skipped as `outcome_unknown`.
 * @returns how many records of each object were skipped.
 */
export const skipTheRest = async (
  sql: TenantSql,
  target: RunTarget,
): Promise<Readonly<Partial<Record<ObjectName, number>>>> => {
  const rows = await sql<{ object: ObjectName; skipped: number }[]>`
    with skipped as (
      insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome, reason)
      select s.tenant_id, s.job_id, s.run_id, s.object, s.source_id, 'skipped',
        case when exists (
          select 1 from record_ids r
          where r.tenant_id = s.tenant_id and r.job_id = s.job_id and r.object = s.object and r.source_id = s.source_id
            and r.state = 'intended'
        ) then 'outcome_unknown' else 'job_cancelled' end
      from staged_records s
      where s.tenant_id = ${target.tenantId} and s.run_id = ${target.runId}
      on conflict do nothing
      returning object
    )
    select object, count(*) as skipped from skipped group by object`;
  return Object.fromEntries(rows.map(row => [row.object, row.skipped]));
};

/**
 * Has the writes looked at that a lost worker sent and nobody answered for: such a record stands in the target or does not, and its
 * outcome is to say which.
 * @returns whether that is still going on.
 */
export const settleDoubtful = async (sql: TenantSql, target: RunTarget, batches: RunBatches): Promise<boolean> => {
  const rows = await sql<{ object: ObjectName }[]>`
    select distinct object from record_ids
    where tenant_id = ${target.tenantId} and job_id = ${target.jobId} and state = 'intended'`;
  for (const { object } of rows) {
    if (!batches.isOpen('settle', object))
      await insertBatch(sql, target, { kind: 'settle', object, payload: { object } });
  }
  return rows.length > 0;
};
