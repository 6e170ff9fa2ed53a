import type { Platform } from '@freight/cli/platform';
import { afterEach, describe, it } from 'vitest';
import { expectWhole } from './expectWhole.ts';
import { prepareMove, processed, slice, startTestPlatform } from './platform.ts';

const settings = { jobs: { FREIGHT_RECORDS_PER_BATCH: '10', FREIGHT_REISSUE_AFTER_MS: '2000' } };

let platform: Platform | undefined;
afterEach(async () => {
  await platform?.stop();
  platform = undefined;
});

const handle = <T>(server: T | undefined): T => {
  if (!server) throw new Error('This platform has no private server of that kind');
  return server;
};

describe('a migration whose stores fail', () => {
  it('ends whole after the broker lost everything it held', async () => {
    platform = await startTestPlatform({ settings });
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    await handle(platform.servers.handles.nats).wipe();
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('ends whole after Redis was flushed, and then killed for good', async () => {
    platform = await startTestPlatform({ settings });
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    await handle(platform.servers.handles.redis).wipe();
    await move.until('more records are loaded', job => processed(job) > 150);
    await handle(platform.servers.handles.redis).kill();
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('ends whole after Postgres was killed and came back', async () => {
    platform = await startTestPlatform({ settings });
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    const database = handle(platform.servers.handles.postgres);
    await database.kill();
    await database.restart();
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });
});
