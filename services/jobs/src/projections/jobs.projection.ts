import type { JobEvent } from '@freight/contracts';
import type { Projection, RecordedEvent } from '@freight/eventstore';
import type { TenantSql } from '@freight/postgres';
import { emptyProgress, foldProgress, type Progress, totals } from '../domain/job/progress.ts';

type Recorded = RecordedEvent<JobEvent>;

/** The status each event leads to, where it leads to one. */
const statusAfter: Partial<Record<JobEvent['type'], string>> = {
  'job-started': 'running',
  'job-paused': 'paused',
  'job-resumed': 'running',
  'job-cancelling': 'cancelling',
  'job-cancelled': 'cancelled',
  'job-completed': 'completed',
  'job-failed': 'failed',
};

/** Why a job stands as it does; every change of status clears or sets it. */
const statusReason = (event: JobEvent): { code: string; detail: string } | null => {
  switch (event.type) {
    case 'job-paused':
    case 'job-failed':
      return { code: event.data.reason, detail: event.data.detail };
    default:
      return null;
  }
};

const create = async (sql: TenantSql, recorded: Recorded): Promise<void> => {
  const { event } = recorded;
  if (event.type !== 'job-created') return;
  const { data } = event;
  await sql`
    insert into migration_jobs (tenant_id, id, name, source_connection_id, target_connection_id, source_system, target_system,
      status, config, objects, created_at, updated_at, version)
    values (${recorded.tenantId}, ${recorded.streamId}, ${data.name}, ${data.sourceConnectionId}, ${data.targetConnectionId},
      ${data.sourceSystem}, ${data.targetSystem}, 'created', ${sql.json(data.config)},
      ${sql.json(emptyProgress(data.config.objects))}, ${recorded.occurredAt}, ${recorded.occurredAt}, ${recorded.version})`;
};

const changeStatus = async (sql: TenantSql, recorded: Recorded, status: string): Promise<void> => {
  const { event } = recorded;
  await sql`
    update migration_jobs set status = ${status}, status_reason = ${sql.json(statusReason(event))}
    where tenant_id = ${recorded.tenantId} and id = ${recorded.streamId}`;
};

const foldCounts = async (sql: TenantSql, recorded: Recorded): Promise<void> => {
  const [row] = await sql<{ objects: Progress }[]>`
    select objects from migration_jobs where tenant_id = ${recorded.tenantId} and id = ${recorded.streamId}`;
  if (!row) return;
  const progress = foldProgress(row.objects, recorded.event);
  const sums = totals(progress);
  await sql`
    update migration_jobs set objects = ${sql.json(progress)}, total_records = ${sums.total},
      processed_records = ${sums.processed}, failed_records = ${sums.failed}
    where tenant_id = ${recorded.tenantId} and id = ${recorded.streamId}`;
};

/** Keeps `migration_jobs`: what the API shows of a job. */
export const jobsProjection: Projection<JobEvent> = {
  name: 'jobs',
  tables: ['migration_jobs'],
  apply: async (sql, recorded) => {
    const { event, tenantId, streamId, occurredAt, version } = recorded;
    if (event.type === 'job-created') return create(sql, recorded);
    const status = statusAfter[event.type];
    if (status) await changeStatus(sql, recorded, status);
    switch (event.type) {
      case 'job-started':
        await sql`
          update migration_jobs set run_id = ${event.data.runId}, started_by = ${event.data.startedBy}, started_at = ${occurredAt},
            completed_at = null
          where tenant_id = ${tenantId} and id = ${streamId}`;
        break;
      case 'phase-started':
        await sql`update migration_jobs set phase = ${event.data.phase} where tenant_id = ${tenantId} and id = ${streamId}`;
        break;
      case 'batch-completed':
      case 'extraction-pass-completed':
        await foldCounts(sql, recorded);
        break;
      case 'job-cancelled':
        await foldCounts(sql, recorded);
        await sql`update migration_jobs set completed_at = ${occurredAt} where tenant_id = ${tenantId} and id = ${streamId}`;
        break;
      case 'job-completed':
      case 'job-failed':
        await sql`update migration_jobs set completed_at = ${occurredAt} where tenant_id = ${tenantId} and id = ${streamId}`;
        break;
      case 'job-deleted':
        await sql`update migration_jobs set deleted_at = ${occurredAt} where tenant_id = ${tenantId} and id = ${streamId}`;
        break;
      case 'object-planned':
      case 'job-paused':
      case 'job-resumed':
      case 'job-cancelling':
        break;
    }
    await sql`
      update migration_jobs set updated_at = ${occurredAt}, version = ${version}
      where tenant_id = ${tenantId} and id = ${streamId}`;
  },
};
