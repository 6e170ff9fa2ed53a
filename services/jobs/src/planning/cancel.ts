import type { ObjectName } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import type { RunTarget } from './batches.ts';

/**
 * Ends what a cancelled run has left: its batches are closed, and every record without an outcome is skipped. Called when no worker
 * holds a batch any more.
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
      select s.tenant_id, s.job_id, s.run_id, s.object, s.source_id, 'skipped', 'job_cancelled' from staged_records s
      where s.tenant_id = ${target.tenantId} and s.run_id = ${target.runId}
      on conflict do nothing
      returning object
    )
    select object, count(*) as skipped from skipped group by object`;
  return Object.fromEntries(rows.map(row => [row.object, row.skipped]));
};
