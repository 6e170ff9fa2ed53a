import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../../test/int/until.ts';
import { startWorkFixture, type WorkFixture } from '../../../../test/int/workFixture.ts';
import { createTestWorker, type TestWorker } from './pipeline.testkit.ts';
import { throughOutage } from './throughOutage.ts';

let fixture: WorkFixture;
let worker: TestWorker;
beforeAll(async () => {
  fixture = await startWorkFixture();
  worker = createTestWorker({
    db: fixture.database.open('freight_workers'),
    vault: fixture.vault,
    allowedHost: fixture.sandboxHost,
  });
});
afterAll(() => fixture.stop());

describe('a tenure', () => {
  it('ends before the lease does when nothing renews it', async () => {
    const message = await fixture.batch(await fixture.job(), 'prepare');
    const batch = await worker.take(message, 1500);
    const { admin } = fixture.database;
    // Somebody holds the row: the renewal hangs, as it does when Postgres itself hangs.
    await admin.begin(async sql => {
      await sql`select 1 from batches where id = ${message.batchId} for update`;
      await until('the tenure is over', () => batch.tenure.signal.aborted, 3000);
      const [row] = await sql<{ left: number }[]>`
        select extract(epoch from leased_until - clock_timestamp())::float8 as left from batches where id = ${message.batchId}`;
      expect(row?.left).toBeGreaterThan(0);
    });
    expect(() => batch.tenure.guard()).toThrow(/ran out/);
    batch.tenure.end();
  });
});

describe('a store while Postgres is away', () => {
  const away = Object.assign(new Error('gone'), { code: 'CONNECTION_CLOSED' });
  it('is tried again until it succeeds', async () => {
    let calls = 0;
    const work = () => (++calls < 3 ? Promise.reject(away) : Promise.resolve('stored'));
    expect(await throughOutage(5000, work)).toBe('stored');
  });
  it('gives up when its time is over, and at once when Postgres is not the reason', async () => {
    await expect(throughOutage(0, () => Promise.reject(away))).rejects.toBe(away);
    let calls = 0;
    const broken = () => {
      calls++;
      return Promise.reject(new Error('a fault of ours'));
    };
    await expect(throughOutage(5000, broken)).rejects.toThrow('a fault of ours');
    expect(calls).toBe(1);
  });
});
