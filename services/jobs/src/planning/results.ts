import {
  type BatchError,
  extractResult,
  loadResult,
  type ObjectName,
  type PauseReason,
  settleResult,
  storageLimitCode,
  type WorkKind,
} from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import type { BatchReport } from '../domain/job/commands.ts';
import { noOutcomes } from '../domain/job/progress.ts';

interface DoneRow {
  id: string;
  kind: WorkKind;
  object: ObjectName | null;
  result: unknown;
}

const toReport = (row: DoneRow): BatchReport => {
  const base = { batchId: row.id, kind: row.kind, object: row.object, staged: 0, counts: noOutcomes, extraction: null };
  switch (row.kind) {
    case 'prepare':
      return base;
    case 'settle':
      return { ...base, counts: settleResult.parse(row.result).counts };
    case 'extract': {
      const { staged, seen, endOfPass } = extractResult.parse(row.result);
      return { ...base, staged, extraction: { seen, endOfPass } };
    }
    case 'load':
      return { ...base, counts: loadResult.parse(row.result).counts };
  }
};

/** Results that the log has not taken in yet, oldest first; marks them as taken in, in the transaction that records them. */
export const takeResults = async (sql: TenantSql, tenantId: string, jobId: string): Promise<readonly BatchReport[]> => {
  const rows = await sql<DoneRow[]>`
    with taken as (
      select id from batches where tenant_id = ${tenantId} and job_id = ${jobId} and state = 'done' and not folded
      order by done_at limit 200 for update
    )
    update batches b set folded = true from taken
    where b.tenant_id = ${tenantId} and b.id = taken.id
    returning b.id, b.kind, b.object, b.result, b.done_at`;
  return rows.map(toReport);
};

/** Where the last folded extraction of a pass stopped. */
export const readLastExtract = async (
  sql: TenantSql,
  scope: { readonly tenantId: string; readonly runId: string },
  object: ObjectName,
  pass: number,
): Promise<{ cursor: string | null; seen: number } | undefined> => {
  const [row] = await sql<{ result: unknown }[]>`
    select result from batches
    where tenant_id = ${scope.tenantId} and run_id = ${scope.runId} and kind = 'extract' and object = ${object} and folded
      and (payload ->> 'pass')::int = ${pass} and result is not null
    order by done_at desc limit 1`;
  if (!row) return undefined;
  const { cursor, seen } = extractResult.parse(row.result);
  return { cursor, seen };
};

export interface Exhausted {
  readonly reason: PauseReason;
  readonly detail: string;
}

/** A batch (of one kind, if named) that failed too often, as the reason for which its job pauses itself. */
export const findExhausted = async (
  sql: TenantSql,
  scope: { readonly tenantId: string; readonly runId: string },
  attemptsMax: number,
  kind?: WorkKind,
): Promise<Exhausted | undefined> => {
  const [row] = await sql<{ last_error: BatchError | null; attempts: number }[]>`
    select last_error, attempts from batches
    where tenant_id = ${scope.tenantId} and run_id = ${scope.runId} and state = 'pending' and attempts >= ${attemptsMax}
      ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
    order by seq limit 1`;
  if (!row) return undefined;
  const error = row.last_error;
  if (!error) {
    return {
      reason: 'batch_keeps_failing',
      detail:
        'A batch was begun again and again and its worker was lost each time. Look at the workers, then resume the job.',
    };
  }
  if (error.code === storageLimitCode) return { reason: 'storage_limit', detail: error.detail };
  const reason: PauseReason =
    error.side === 'source'
      ? 'source_unavailable'
      : error.side === 'target'
        ? 'target_unavailable'
        : 'batch_keeps_failing';
  return { reason, detail: `${error.detail} (${error.code}). Mend the cause, then resume the job.` };
};

/**
 * Gives a resumed run's batches a new start: attempts from zero, at once; listings from the start, since a cursor may have run out. What was issued
 * is issued again: its message may have come to a worker while the job stood still, and was then dropped.
 */
export const refreshBatches = async (
  sql: TenantSql,
  scope: { readonly tenantId: string; readonly runId: string },
): Promise<void> => {
  await sql`
    update batches set state = 'pending', attempts = 0, next_attempt_at = now()
    where tenant_id = ${scope.tenantId} and run_id = ${scope.runId} and state in ('pending', 'issued')`;
  // One that a worker still is at keeps its place and its lease; only its attempts are forgiven.
  await sql`
    update batches set attempts = 0
    where tenant_id = ${scope.tenantId} and run_id = ${scope.runId} and state = 'claimed'`;
  await sql`
    update batches set payload = payload || '{"cursor": null, "seen": 0}'::jsonb,
      result = case when result is null then null else result || '{"cursor": null, "seen": 0}'::jsonb end
    where tenant_id = ${scope.tenantId} and run_id = ${scope.runId} and kind = 'extract' and state = 'pending'`;
};
