import type { Platform } from '@freight/cli/platform';
import { rebuildJobs } from '@freight/jobs/rebuild';
import { openDatabase } from '@freight/postgres';
import { rebuildTenants } from '@freight/tenants/rebuild';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdmin, prepareMove, processed, slice, startTestPlatform } from './platform.ts';

/** The read models and stream states: everything that a log can make anew. */
const tables = ['tenants', 'api_keys', 'connections', 'migration_jobs', 'runs', 'tenant_streams', 'job_streams'];

const dump = async (admin: postgres.Sql): Promise<Record<string, unknown>> => {
  const entries = await Promise.all(
    tables.map(async table => {
      const rows = await admin`select t::text as row from ${admin(table)} t order by 1`;
      return [table, rows.map(row => String(row['row']))] as const;
    }),
  );
  return Object.fromEntries(entries);
};

let platform: Platform;
beforeAll(async () => {
  platform = await startTestPlatform({ settings: { jobs: { FREIGHT_RECORDS_PER_BATCH: '10' } } });
});
afterAll(() => platform?.stop());

describe('a rebuild from the logs', () => {
  it('gives the very same bytes in every read model and stream state', async () => {
    const done = await prepareMove(platform, slice(60, 90));
    await done.start();
    await done.until('the job has ended', job => job.status === 'completed');
    const cancelled = await prepareMove(platform, slice(60, 90));
    await cancelled.start();
    await cancelled.until('some records are loaded', job => processed(job) > 10);
    await cancelled.act('pause');
    await cancelled.act('cancel');
    await cancelled.until('it is cancelled', job => job.status === 'cancelled');

    const admin = openAdmin(platform);
    const open = (role: 'freight_jobs' | 'freight_tenants') =>
      openDatabase({
        url: platform.database.of(role),
        applicationName: 'test',
        connectionsMax: 2,
        connectionWaitMs: 5000,
      });
    const [jobs, tenants] = [open('freight_jobs'), open('freight_tenants')];
    try {
      const before = await dump(admin);
      expect(Object.values(before).every(rows => Array.isArray(rows) && rows.length > 0)).toBe(true);
      // What stood there before must not help: every projected value is spoilt first.
      await admin`update migration_jobs set name = 'spoilt', total_records = -1, objects = '{}', updated_at = now()`;
      await admin`update connections set name = 'spoilt'`;
      await admin`update job_streams set state = '{"status":"none"}'`;
      const folded = [await rebuildJobs(jobs), await rebuildTenants(tenants)];
      expect(folded.every(one => one.tenants > 0 && one.events > 0)).toBe(true);
      expect(await dump(admin)).toEqual(before);
    } finally {
      await Promise.all([jobs.close(), tenants.close(), admin.end()]);
    }
  });
});
