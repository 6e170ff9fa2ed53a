import type { Platform } from '@freight/cli/platform';
import { afterEach, describe, expect, it } from 'vitest';
import { expectWhole } from './expectWhole.ts';
import { openAdmin, prepareMove, processed, slice, startTestPlatform } from './platform.ts';

/** Small batches, so that there is a middle to be killed in. */
const settings = { jobs: { FREIGHT_RECORDS_PER_BATCH: '10' } };

let platform: Platform | undefined;
afterEach(async () => {
  await platform?.stop();
  platform = undefined;
});

describe('a migration whose processes die', () => {
  it('ends whole after the job service and one of two workers were killed in the middle and started again', async () => {
    platform = await startTestPlatform({ settings });
    const move = await prepareMove(platform, slice());
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 150);
    await Promise.all([platform.service('jobs').kill('SIGKILL'), platform.service('workers-1').kill('SIGKILL')]);
    expect((await move.read()).status).toBe('running');
    await Promise.all([platform.service('jobs').restart(), platform.service('workers-1').restart()]);
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('ends whole after every worker was killed again and again', async () => {
    platform = await startTestPlatform({ settings });
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    for (const least of [20, 120, 250]) {
      await move.until(`${least} records are loaded`, job => processed(job) > least);
      for (const name of ['workers-1', 'workers-2']) {
        await platform.service(name).kill('SIGKILL');
        await platform.service(name).restart();
      }
    }
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('loses nothing and waits for no lease when a worker is told to stop', async () => {
    platform = await startTestPlatform({ settings });
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    const pid = platform.service('workers-1').pid;
    await platform.service('workers-1').kill('SIGTERM');
    // What it was at is done or given back: nobody has to wait for a lease of its to run out.
    const admin = openAdmin(platform);
    const held = await admin`
      select id from batches where job_id = ${move.jobId} and state = 'claimed' and claimed_by like ${`%:${pid}`}`;
    await admin.end();
    expect(held).toHaveLength(0);
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });
});
