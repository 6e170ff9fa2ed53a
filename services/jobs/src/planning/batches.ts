import type { ExtractPayload, Lane, ObjectName, WorkKind } from '@freight/contracts';
import { newId } from '@freight/kernel';
import type { TenantSql } from '@freight/postgres';
import type { RunObject } from './groups.ts';

/** Which run a batch belongs to, and the lane that carries it. */
export interface RunTarget {
  readonly tenantId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly lane: Lane;
  /** The trace of the request that started the run, where it was traced. */
  readonly traceparent: string | null;
}

/** The order in which the dispatcher issues a run's batches: reading goes before writing, so that later objects are ready in time. */
const seqOf: Record<WorkKind, number> = { prepare: 0, extract: 1, load: 1000, settle: 1_000_000_000_000 };

export const insertBatch = async (
  sql: TenantSql,
  run: RunTarget,
  batch: { readonly kind: WorkKind; readonly object: ObjectName | null; readonly payload: object },
): Promise<void> => {
  await sql`
    insert into batches (tenant_id, id, job_id, run_id, kind, object, seq, lane, payload, traceparent)
    values (${run.tenantId}, ${newId()}, ${run.jobId}, ${run.runId}, ${batch.kind}, ${batch.object}, ${seqOf[batch.kind]},
      ${run.lane}, ${sql.json(batch.payload as never)}, ${run.traceparent})`;
};

export const insertExtractBatch = (sql: TenantSql, run: RunTarget, payload: ExtractPayload): Promise<void> =>
  insertBatch(sql, run, { kind: 'extract', object: payload.object, payload });

/**
 * Cuts an object's groups into batches of about `recordsPerBatch` records, in order, never through a group.
 * @returns how many batches.
 */
export const insertLoadBatches = async (
  sql: TenantSql,
  run: RunTarget,
  target: RunObject,
  recordsPerBatch: number,
): Promise<number> => {
  const inserted = await sql`
    insert into batches (tenant_id, id, job_id, run_id, kind, object, seq, lane, payload, traceparent)
    select ${run.tenantId}, gen_random_uuid(), ${run.jobId}, ${run.runId}, 'load', ${target.object}, ${seqOf.load} + cut, ${run.lane},
      jsonb_build_object('object', ${target.object}::text, 'fromGroup', min(group_ordinal), 'toGroup', max(group_ordinal)), ${run.traceparent}
    from (
      select group_ordinal, (sum(count(*)) over (order by group_ordinal) - 1)::bigint / ${recordsPerBatch}::bigint as cut
      from staged_records
      where tenant_id = ${target.tenantId} and run_id = ${target.runId} and object = ${target.object}
      group by group_ordinal
    ) groups
    group by cut`;
  return inserted.count;
};

/** What stands in Postgres of a run's batches. */
export interface RunBatches {
  /** Batches that were made and are not folded yet, by kind and object. */
  isOpen(kind: WorkKind, object: ObjectName | null): boolean;
}

export const readRunBatches = async (sql: TenantSql, tenantId: string, runId: string): Promise<RunBatches> => {
  const rows = await sql<{ kind: WorkKind; object: ObjectName | null }[]>`
    select distinct kind, object from batches where tenant_id = ${tenantId} and run_id = ${runId} and not folded`;
  return { isOpen: (kind, object) => rows.some(row => row.kind === kind && row.object === object) };
};
