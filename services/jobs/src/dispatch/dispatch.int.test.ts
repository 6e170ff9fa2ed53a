import type { WorkMessage } from '@freight/contracts';
import { newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWorkFixture, type TestJob, type WorkFixture } from '../../../../test/int/workFixture.ts';
import { readShares } from './queries.ts';
import { createSteps, type RoundOptions, runRound } from './round.ts';

let fixture: WorkFixture;
let db: Database;
beforeAll(async () => {
  fixture = await startWorkFixture();
  db = fixture.database.open('freight_jobs');
});
afterAll(() => fixture.stop());
// The dispatcher sees all tenants: each test begins with none at work.
beforeEach(() => fixture.database.admin`delete from batches`);

const waiting = async (job: TestJob, count: number, columns: Readonly<Record<string, unknown>> = {}) => {
  const { admin } = fixture.database;
  const ids = Array.from({ length: count }, () => newId());
  const rows = ids.map((id, i) => ({
    tenant_id: job.tenantId,
    id,
    job_id: job.jobId,
    run_id: job.runId,
    kind: 'load',
    object: 'persons',
    seq: 1000 + i,
    lane: 'default',
    payload: {},
    state: 'pending',
    ...columns,
  }));
  for (let at = 0; at < rows.length; at += 5000) await admin`insert into batches ${admin(rows.slice(at, at + 5000))}`;
  return ids;
};

/** One round; the messages that it sent, in order. */
const round = async (options: Partial<RoundOptions> = {}): Promise<readonly WorkMessage[]> => {
  const sent: WorkMessage[] = [];
  const all: RoundOptions = {
    db,
    bus: {
      publishWork: (_, message) => {
        sent.push(message);
        return Promise.resolve();
      },
    },
    recordsPerBatch: 50,
    passesMax: 5,
    attemptsMax: 8,
    reissueAfterMs: 10_000,
    batchesPerJobMax: 8,
    now: () => new Date(),
    onError: error => {
      throw error;
    },
    ...options,
  };
  await runRound(
    all,
    createSteps(all, () => Promise.resolve()),
  );
  return sent;
};
const rowOf = async (id: string | undefined) => {
  const [row] = await fixture.database.admin`select * from batches where id = ${id ?? ''}`;
  return row ?? {};
};
const job = (tenantId: string, status = 'running') => {
  const none = { id: newId(), workspace: {} as never };
  return fixture.job({ tenantId, status, source: none, target: none });
};
const ago = (seconds: number) => new Date(Date.now() - 1000 * seconds);

describe('a round of the dispatcher', () => {
  it('never gives a tenant more batches out than its setting, over all of its jobs', async () => {
    const tenantId = await fixture.tenant({ batchesOutstandingMax: 3 });
    await waiting(await job(tenantId), 5);
    await waiting(await job(tenantId), 5);
    expect(await round()).toHaveLength(3);
    expect(await round()).toEqual([]);
    await fixture.database.admin`
      update batches set state = 'done' where id = (select id from batches where state = 'issued' limit 1)`;
    expect(await round()).toHaveLength(1);
  });

  it('lets the jobs of a tenant take turns, and no job have more than its own share', async () => {
    const tenantId = await fixture.tenant({ batchesOutstandingMax: 5 });
    const [one, other] = [await job(tenantId), await job(tenantId)];
    await waiting(one, 9);
    await waiting(other, 9);
    const sent = await round({ batchesPerJobMax: 3 });
    const share = (of: TestJob) => sent.filter(message => message.jobId === of.jobId).length;
    expect(new Set([share(one), share(other)])).toEqual(new Set([2, 3]));
    expect(new Set(sent.slice(0, 2).map(message => message.jobId)).size).toBe(2);
  });

  it("issues a quiet tenant's batch in the first round, beside one with thousands waiting", async () => {
    await waiting(await job(await fixture.tenant()), 20_000);
    const quiet = await job(await fixture.tenant());
    const [id] = await waiting(quiet, 1);
    await fixture.database.admin`analyze batches`;
    const startedAt = performance.now();
    const sent = await round();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(sent.slice(0, 2).map(message => message.batchId)).toContain(id);
    expect(sent).toHaveLength(9);
  });

  it('reads of a large job no more than the job may have out', async () => {
    const large = await job(await fixture.tenant({ batchesOutstandingMax: 64 }));
    const ids = await waiting(large, 100);
    const [share] = await readShares(db, { perTenant: 64, perJob: 4 });
    expect(share?.waiting.map(batch => batch.batchId)).toEqual(ids.slice(0, 4));
  });

  it.each(['paused', 'cancelling', 'cancelled', 'completed'])('issues nothing of a job that is %s', async status => {
    await waiting(await job(await fixture.tenant(), status), 1);
    expect(await round()).toEqual([]);
  });

  it('waits for the time of the next attempt', async () => {
    await waiting(await job(await fixture.tenant()), 1, { next_attempt_at: ago(-60) });
    expect(await round()).toEqual([]);
  });

  it('issues again, under the next number, what a lost worker held, and leaves a living one alone', async () => {
    const some = await job(await fixture.tenant());
    const held = { state: 'claimed', issue: 1, fence: 1, attempts: 1 };
    const [lost] = await waiting(some, 1, { ...held, leased_until: ago(1) });
    const [living] = await waiting(some, 1, { ...held, leased_until: ago(-60) });
    expect(await round()).toMatchObject([{ batchId: lost, issue: 2 }]);
    expect(await rowOf(living)).toMatchObject({ state: 'claimed', issue: 1 });
    expect(await rowOf(lost)).toMatchObject({ state: 'issued', attempts: 1, fence: '1' });
  });

  it('issues again what nobody claimed, each time after twice as long', async () => {
    const some = await job(await fixture.tenant());
    const issued = (issue: number, fence: number, seconds: number) =>
      waiting(some, 1, { state: 'issued', issue, fence, issued_at: ago(seconds) });
    const [first] = await issued(1, 0, 11);
    const [again] = await issued(7, 6, 11);
    await issued(2, 0, 11);
    await issued(30, 0, 300);
    const [late] = await issued(30, 0, 330);
    const sent = await round();
    expect(new Set(sent.map(message => message.batchId))).toEqual(new Set([first, again, late]));
    expect(sent).toHaveLength(3);
  });

  it('takes back what could not be sent, and sends it soon after', async () => {
    const ids = await waiting(await job(await fixture.tenant()), 3);
    const errors: unknown[] = [];
    let sent = 0;
    await round({
      bus: { publishWork: () => (++sent > 1 ? Promise.reject(new Error('no broker')) : Promise.resolve()) },
      onError: error => errors.push(error),
    });
    expect(errors).toEqual([new Error('no broker')]);
    expect(await Promise.all(ids.map(async id => (await rowOf(id))['state']))).toEqual([
      'issued',
      'pending',
      'pending',
    ]);
    await fixture.database.admin`update batches set next_attempt_at = now()`;
    expect(await round()).toMatchObject([
      { batchId: ids[1], issue: 2 },
      { batchId: ids[2], issue: 2 },
    ]);
  });
});
