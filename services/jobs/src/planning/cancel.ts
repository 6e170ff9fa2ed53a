import type { ObjectName } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { insertBatch, type RunBatches, type RunTarget } from './batches.ts';

/**
 * Ends what a cancelled run has left: its batches are closed, and every record without an outcome is skipped. Called when no worker
 * holds a batch any more, and what was in doubt has been looked at, or could not be: such a record is skipped as `outcome_unknown`.
 * @returns how many records of each object were skipped.
 */
export const skipTheRest = async (
  sql: TenantSql,
  target: RunTarget,
): Promise<Readonly<Partial<Record<ObjectName, number>>>> => {
  await sql`
    update batches set state = 'done', folded = true, done_at = now(), fence = fence + 1
    where tenant_id = ${target.tenantId} and run_id = ${target.runId} and state <> 'done'`;
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
