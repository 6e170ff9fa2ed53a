import type { Database } from '@freight/postgres';
import { jobStore } from '../store.ts';
import { countRunningJobs, hasStorageLeft, lockJobStarts, readTenantSettings } from '../tenantLimits.ts';
import type { JobRef } from './processJob.ts';
import { refreshBatches } from './results.ts';

/** The jobs that stand still since their tenant may store no more, over all tenants. */
export const readHeldJobs = (db: Database): Promise<readonly JobRef[]> =>
  db.withRole('freight_dispatcher', async sql => {
    const rows = await sql<{ tenant_id: string; id: string }[]>`
      select tenant_id, id from migration_jobs
      where status = 'paused' and status_reason ->> 'code' = 'storage_limit' limit 1000`;
    return rows.map(row => ({ tenantId: row.tenant_id, jobId: row.id }));
  });

/** Lets a job go on that paused itself at the storage limit, if there is room now and the tenant may have one more job running. */
export const resumeHeldJob = (db: Database, { tenantId, jobId }: JobRef, now: Date): Promise<boolean> =>
  db.withTenant(tenantId, async sql => {
    const settings = await readTenantSettings(sql);
    if (!(await hasStorageLeft(sql, settings))) return false;
    await lockJobStarts(sql);
    if ((await countRunningJobs(sql)) >= settings.jobsRunningMax) return false;
    // Locked: a person may be pausing it for another reason, and that pause stays.
    await sql`select 1 from job_streams where tenant_id = ${tenantId} and stream_id = ${jobId} for update`;
    const { state } = await jobStore.load(sql, jobId);
    if (state.status !== 'paused' || state.reason !== 'storage_limit') return false;
    const metadata = { actor: { kind: 'service', id: 'jobs' } } as const;
    const command = { type: 'resume-job' } as const;
    const result = await jobStore.execute(sql, { tenantId, streamId: jobId, command, expected: 'any', metadata, now });
    if (!result.ok) throw new Error(`The job service's own resume-job was refused: ${result.error.code}`);
    await refreshBatches(sql, { tenantId, runId: state.run.runId });
    return true;
  });
