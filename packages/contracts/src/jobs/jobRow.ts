import type { JobConfig, ObjectName, SystemName } from './config.ts';
import type { Phase } from './events.ts';
import type { JobStatus, JobView, ObjectProgress } from './views.ts';

/** A row of `migration_jobs` as the driver reads it. Source: migrations/0005. */
export interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly source_connection_id: string;
  readonly target_connection_id: string;
  readonly source_system: SystemName;
  readonly target_system: SystemName;
  readonly status: JobStatus;
  readonly phase: Phase | null;
  readonly run_id: string | null;
  readonly config: JobConfig;
  readonly objects: Partial<Record<ObjectName, ObjectProgress>>;
  readonly status_reason: { readonly code: string; readonly detail: string } | null;
  readonly total_records: number;
  readonly processed_records: number;
  readonly failed_records: number;
  readonly started_by: string | null;
  readonly started_at: Date | null;
  readonly completed_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

/** The columns that `jobViewOfRow` needs, for select lists. */
export const jobRowColumns = [
  'id',
  'name',
  'source_connection_id',
  'target_connection_id',
  'source_system',
  'target_system',
  'status',
  'phase',
  'run_id',
  'config',
  'objects',
  'status_reason',
  'total_records',
  'processed_records',
  'failed_records',
  'started_by',
  'started_at',
  'completed_at',
  'created_at',
  'updated_at',
  'version',
] as const satisfies readonly (keyof JobRow)[];

/** A job as the API shows it, from its row: what a command answers and what a later read answers are the same bytes. */
export const jobViewOfRow = (row: JobRow): JobView => ({
  id: row.id,
  name: row.name,
  status: row.status,
  phase: row.phase,
  runId: row.run_id,
  source: { connectionId: row.source_connection_id, system: row.source_system },
  target: { connectionId: row.target_connection_id, system: row.target_system },
  config: row.config,
  totalRecords: row.total_records,
  processedRecords: row.processed_records,
  failedRecords: row.failed_records,
  objects: row.objects,
  statusReason: row.status_reason,
  startedBy: row.started_by,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  completedAt: row.completed_at?.toISOString() ?? null,
  version: row.version,
});
