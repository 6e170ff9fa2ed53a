/** Both kinds of keys are replaced, values sealed anew and old versions destroyed, while a migration runs; it ends whole. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Platform } from '@freight/cli/platform';
import { openKeyDirectory } from '@freight/vault';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../int/until.ts';
import { expectWhole } from './expectWhole.ts';
import { openAdmin, prepareMove, processed, slice, startTestPlatform } from './platform.ts';

const root = join(import.meta.dirname, '../..');
let platform: Platform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.stop());

const keysDir = () => join(platform.servers.folder, 'keys');

/** A command of ours, in a process of its own, as an operator runs it. */
const freight = async (...args: readonly string[]): Promise<string> => {
  const main = join(root, 'packages/cli/src/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@freight/source', main, ...args], {
    env: {
      PATH: process.env['PATH'],
      FREIGHT_KEYS_DIR: keysDir(),
      FREIGHT_DATABASE_URL_TENANTS: platform.database.of('freight_tenants'),
    },
  });
  return stdout;
};

it('goes unnoticed by a migration that runs, which ends whole', async () => {
  const move = await prepareMove(platform, slice());
  const admin = openAdmin(platform);
  /** Batches that were done from a moment on, by the database's clock. */
  const doneSince = async (moment: Date) => {
    const [row] = await admin`
      select count(*)::int as n from batches where job_id = ${move.jobId} and done_at > ${moment}`;
    return row?.['n'] as number;
  };
  const clock = async () => (await admin<{ at: Date }[]>`select clock_timestamp() as at`)[0]?.at ?? new Date();
  await move.start();
  await move.until('records are loaded', job => processed(job) > 50);
  const before = await openKeyDirectory(keysDir()).then(keys => keys.list());
  await freight('keys', 'rotate', '--tenant', move.tenantId);
  const versionAt = await clock();
  const rotated = Promise.all([
    freight('keys', 'rotate', '--deployment'),
    freight('keys', 'rotate', '--all', '--reseal'),
    freight('keys', 'rotate', '--tenant', move.tenantId),
  ]);
  // Some of the work is done while keys change, and some is kept for the time after that.
  await until('work is done with the new version', async () => (await doneSince(versionAt)) > 3);
  await move.act('pause');
  await rotated;
  const allAt = await clock();
  await move.act('resume');
  await move.until('the job has ended', job => job.status === 'completed');
  const [sinceVersion, sinceAll] = [await doneSince(versionAt), await doneSince(allAt)];
  console.log(`batches done after the tenant had a new key: ${sinceVersion}, and after all keys were new: ${sinceAll}`);
  expect(sinceVersion).toBeGreaterThan(3);
  expect(sinceAll).toBeGreaterThan(0);
  await expectWhole(platform, move);

  const said = await freight('keys', 'rotate', '--tenant', move.tenantId, '--retire');
  expect(said).toContain('older versions destroyed');
  const after = (await (await openKeyDirectory(keysDir())).list()).find(one => one.tenantId === move.tenantId);
  expect(after?.names.map(one => one.version)).toEqual([5]);
  expect(after?.wrappedBy).not.toBe(before[0]?.wrappedBy);
  const [row] = await admin`
    select count(*)::int as n, min(substring(sealed from 1 for 5)::text) as first from staged_records
    where tenant_id = ${move.tenantId} and substring(sealed from 1 for 5) <> '\\x0200000005'::bytea`;
  await admin.end();
  expect(row).toEqual({ n: 0, first: null });
  // Its words and credentials open as before.
  expect((await move.outcomes()).length).toBeGreaterThan(0);
  const again = await prepareMove(platform, slice(10, 10));
  await again.start();
  await again.until('a job begun afterwards has ended', job => job.status === 'completed');
  expect(await freight('keys', 'list')).toContain(`${move.tenantId}  5:`);
  expect(JSON.parse(await freight('keys', 'public')).keys).toHaveLength(1);
});
