import { type JobRow, type JobStatus, type JobView, jobRowColumns, jobViewOfRow } from '@freight/contracts';
import type { Database } from '@freight/postgres';

export const getJob = (db: Database, tenantId: string, id: string): Promise<JobView | undefined> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<JobRow[]>`
      select ${sql(jobRowColumns)} from migration_jobs
      where tenant_id = freight_tenant() and id = ${id} and deleted_at is null`;
    return rows.map(jobViewOfRow)[0];
  });

export interface JobFilter {
  readonly status: JobStatus | undefined;
}

/** Newest first; ties by id, so that the order is total. Read backwards from the index migration_jobs_by_age. */
export const listJobs = (
  db: Database,
  tenantId: string,
  filter: JobFilter,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly JobRow[]> =>
  db.withTenant(
    tenantId,
    sql => sql<JobRow[]>`
      select ${sql(jobRowColumns)} from migration_jobs
      where tenant_id = freight_tenant() and deleted_at is null
        ${filter.status === undefined ? sql`` : sql`and status = ${filter.status}`}
        ${after ? sql`and (created_at, id) < (${after[0] ?? ''}::timestamptz, ${after[1] ?? ''}::uuid)` : sql``}
      order by created_at desc, id desc limit ${limit}`,
  );
