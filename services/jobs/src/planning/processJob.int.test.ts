import { jobConfig, type ObjectName, type OutcomeCounts, type WorkKind } from '@freight/contracts';
import { newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import type { JobCommand } from '../domain/job/commands.ts';
import { noOutcomes } from '../domain/job/progress.ts';
import { createJobHandlers } from '../handlers/jobCommands.handler.ts';
import { jobStore } from '../store.ts';
import { processJob } from './processJob.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.open('freight_jobs');
});
afterAll(() => database.drop());

interface Job {
  readonly tenantId: string;
  readonly jobId: string;
  readonly runId: string;
}

const decide = ({ tenantId, jobId }: Job, command: JobCommand) =>
  db.withTenant(tenantId, async sql => {
    const options = { tenantId, streamId: jobId, command, expected: 'any', metadata: {}, now: new Date() } as const;
    const result = await jobStore.execute(sql, options);
    if (!result.ok) throw new Error(`refused: ${result.error.code}`);
  });

const startJob = async (): Promise<Job> => {
  const job = { tenantId: newId(), jobId: newId(), runId: newId() };
  const agreement = {
    name: 'A job',
    sourceConnectionId: newId(),
    targetConnectionId: newId(),
    sourceSystem: 'affinity',
    targetSystem: 'attio',
    config: jobConfig.parse({ objects: ['organizations'] }),
  } as const;
  await decide(job, { type: 'create-job', agreement });
  await decide(job, { type: 'start-job', runId: job.runId, startedBy: 'somebody' });
  return job;
};

const process = ({ tenantId, jobId }: Job) =>
  processJob({ tenantId, jobId }, { db, recordsPerBatch: 10, passesMax: 5, attemptsMax: 3, now: () => new Date() });

/** What the API's commands do, without the broker. */
const command = ({ tenantId, jobId }: Job, type: 'pause-job' | 'resume-job' | 'cancel-job') =>
  db.withTenant(tenantId, async sql => {
    const handlers = createJobHandlers({ now: () => new Date(), wake: () => {} });
    const actor = { kind: 'api-key', id: 'key' } as const;
    const envelope = { id: newId(), type, tenantId, callerTenantId: tenantId, actor, issuedAt: '', body: {} };
    const answer = await (await handlers[type]({ envelope, body: { jobId }, metadata: {} }))(sql);
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
  });

const insertBatch = async (
  { tenantId, jobId, runId }: Job,
  kind: WorkKind,
  columns: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const id = newId();
  const row = { state: 'pending', object: kind === 'load' ? 'organizations' : null, payload: {}, ...columns };
  const base = { tenant_id: tenantId, id, job_id: jobId, run_id: runId, kind, seq: 1000, lane: 'default' };
  await database.admin`insert into batches ${database.admin({ ...base, ...row })}`;
  return id;
};

const stage = async ({ tenantId, jobId, runId }: Job, count: number, groupOf: (n: number) => number = n => n) => {
  const rows = Array.from({ length: count }, (_, i) => ({
    tenant_id: tenantId,
    job_id: jobId,
    run_id: runId,
    object: 'organizations',
    source_id: String(i + 1),
    sealed: Buffer.alloc(1),
    ordinal: i + 1,
    group_ordinal: groupOf(i + 1),
  }));
  await database.admin`insert into staged_records ${database.admin(rows)}`;
};

const counts = (some: Partial<OutcomeCounts>): { counts: OutcomeCounts } => ({ counts: { ...noOutcomes, ...some } });
const created = async ({ tenantId, jobId, runId }: Job, ids: readonly number[], sql = database.admin) => {
  for (const id of ids) {
    await sql`
      insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome)
      values (${tenantId}, ${jobId}, ${runId}, 'organizations', ${String(id)}, 'created')`;
  }
};

const viewOf = async ({ jobId }: Job) => {
  const [row] = await database.admin<
    { status: string; status_reason: { code: string } | null; objects: Partial<Record<ObjectName, object>> }[]
  >`select status, status_reason, objects from migration_jobs where id = ${jobId}`;
  if (!row) throw new Error('no such job');
  return row;
};
const batchOf = async (id: string) => {
  const [row] = await database.admin`select * from batches where id = ${id}`;
  return row ?? {};
};
/** The counters of the job, which must be the counts of the stored outcomes. */
const expectCounted = async (job: Job): Promise<void> => {
  const rows = await database.admin<{ outcome: string; n: number }[]>`
    select outcome, count(*)::int as n from record_outcomes where job_id = ${job.jobId} group by outcome`;
  const stored = Object.fromEntries(rows.map(row => [row.outcome, row.n]));
  expect((await viewOf(job)).objects.organizations).toMatchObject({ ...noOutcomes, ...stored });
};

describe('folding results', () => {
  it('takes each result once, though two job services fold at the same time', async () => {
    const job = await startJob();
    await stage(job, 6);
    for (const n of [1, 2, 3]) {
      await insertBatch(job, 'load', { state: 'done', done_at: new Date(), result: counts({ created: 2 }) });
      await created(job, [2 * n - 1, 2 * n]);
    }
    await Promise.all(Array.from({ length: 4 }, () => process(job)));
    await expectCounted(job);
    expect((await viewOf(job)).objects.organizations).toMatchObject({ created: 6 });
  });

  it('goes on while the job is paused, and plans nothing', async () => {
    const job = await startJob();
    await process(job);
    await command(job, 'pause-job');
    await database.admin`update batches set state = 'done', done_at = now(), result = '{}' where job_id = ${job.jobId}`;
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'paused' });
    const rows = await database.admin`select kind, folded from batches where job_id = ${job.jobId}`;
    expect(rows).toEqual([{ kind: 'prepare', folded: true }]);
    await command(job, 'resume-job');
    await process(job);
    const after = await database.admin`select kind from batches where job_id = ${job.jobId} and state = 'pending'`;
    expect(after).toEqual([{ kind: 'extract' }]);
  });
});

describe('a batch that fails too often', () => {
  it.each([
    [{ code: 'crm_unavailable', detail: 'It is down', side: 'target' }, 'target_unavailable'],
    [{ code: 'crm_unavailable', detail: 'It is down', side: 'source' }, 'source_unavailable'],
    [null, 'batch_keeps_failing'],
  ])('pauses its job and says why (%j)', async (last_error, code) => {
    const job = await startJob();
    const id = await insertBatch(job, 'prepare', { attempts: 3, last_error });
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'paused', status_reason: { code } });
    await command(job, 'resume-job');
    expect(await batchOf(id)).toMatchObject({ attempts: 0, state: 'pending' });
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'running' });
  });
});

describe('resuming', () => {
  it('issues again at once what was issued before, since its message may have been dropped meanwhile', async () => {
    const job = await startJob();
    const id = await insertBatch(job, 'load', { state: 'issued', issue: 1, issued_at: new Date() });
    await command(job, 'pause-job');
    await command(job, 'resume-job');
    expect(await batchOf(id)).toMatchObject({ state: 'pending', issue: 1 });
  });

  it('begins listings again, and leaves one alone that a worker is at', async () => {
    const job = await startJob();
    const payload = { object: 'organizations', pass: 1, cursor: 'old', seen: 7 };
    const result = { seen: 9, staged: 2, cursor: 'older', endOfPass: false };
    const waiting = await insertBatch(job, 'extract', { object: 'organizations', payload, result });
    const held = await insertBatch(job, 'extract', {
      object: 'organizations',
      payload,
      result,
      state: 'claimed',
      fence: 1,
      attempts: 2,
    });
    await command(job, 'pause-job');
    await command(job, 'resume-job');
    const anew = { cursor: null, seen: 0 };
    expect(await batchOf(waiting)).toMatchObject({ payload: { ...payload, ...anew }, result: { ...result, ...anew } });
    expect(await batchOf(held)).toMatchObject({ payload, result, state: 'claimed', fence: '1', attempts: 0 });
  });

  it('changes nothing of a job that runs', async () => {
    const job = await startJob();
    const later = new Date(Date.now() + 60_000);
    const id = await insertBatch(job, 'prepare', { attempts: 2, next_attempt_at: later });
    await command(job, 'resume-job');
    expect(await batchOf(id)).toMatchObject({ attempts: 2, next_attempt_at: later });
  });
});

describe('cancelling', () => {
  it('waits for a worker that holds a batch, and lets nobody claim another', async () => {
    const job = await startJob();
    await stage(job, 2);
    const held = await insertBatch(job, 'load', {
      state: 'claimed',
      fence: 1,
      leased_until: new Date(Date.now() + 60_000),
    });
    const waiting = await insertBatch(job, 'load', { state: 'issued', issue: 1, issued_at: new Date() });
    await command(job, 'cancel-job');
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'cancelling' });
    expect(await batchOf(waiting)).toMatchObject({ state: 'done', folded: true });
    await created(job, [1]);
    await database.admin`
      update batches set state = 'done', done_at = now(), result = ${database.admin.json(counts({ created: 1 }))} where id = ${held}`;
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'cancelled' });
    await expectCounted(job);
  });

  it('does not wait for one whose time has run out', async () => {
    const job = await startJob();
    await stage(job, 1);
    const id = await insertBatch(job, 'load', {
      state: 'claimed',
      fence: 4,
      leased_until: new Date(Date.now() - 1000),
    });
    await command(job, 'cancel-job');
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'cancelled' });
    expect(await batchOf(id)).toMatchObject({ state: 'done', fence: '5' });
    await expectCounted(job);
  });

  it('counts the result of a worker that ended while the run was being closed', async () => {
    const job = await startJob();
    await stage(job, 2);
    const id = await insertBatch(job, 'load', { state: 'claimed', fence: 1, leased_until: new Date(Date.now() - 1) });
    await command(job, 'cancel-job');
    let closing: Promise<void> | undefined;
    // The worker has stored its outcome and not committed yet when the job service comes to its batch.
    await database.admin.begin(async sql => {
      await sql`update batches set state = 'done', done_at = now(), result = ${sql.json(counts({ created: 1 }))} where id = ${id}`;
      await created(job, [1], sql as never);
      closing = process(job);
      await waitForLock();
    });
    await closing;
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'cancelled' });
    await expectCounted(job);
  });

  it('leaves a batch open that was claimed at the very moment, until its worker ends', async () => {
    const job = await startJob();
    await stage(job, 1);
    const id = await insertBatch(job, 'load', { state: 'issued', issue: 1, issued_at: new Date() });
    await command(job, 'cancel-job');
    let closing: Promise<void> | undefined;
    await database.admin.begin(async sql => {
      await sql`update batches set state = 'claimed', fence = 1, leased_until = now() + interval '1 minute' where id = ${id}`;
      closing = process(job);
      await waitForLock();
    });
    await closing;
    expect(await viewOf(job)).toMatchObject({ status: 'cancelling' });
    expect(await batchOf(id)).toMatchObject({ state: 'claimed', fence: '1' });
  });

  it('reports as created what an unfinished batch had made already, with its group', async () => {
    const job = await startJob();
    await stage(job, 4, n => (n === 2 ? 1 : n));
    const id = await insertBatch(job, 'load', { attempts: 1 });
    const entry = { tenant_id: job.tenantId, job_id: job.jobId, object: 'organizations', batch_id: id, fence: 1 };
    await database.admin`insert into record_ids ${database.admin([
      { ...entry, source_id: '1', state: 'done', target_id: 'made', outcome: 'created' },
      { ...entry, source_id: '3', state: 'intended', target_id: null, outcome: 'created' },
    ])}`;
    await command(job, 'cancel-job');
    await process(job);
    // What is in doubt is looked at first; here nothing came of it, and the result is folded before the end.
    expect(await viewOf(job)).toMatchObject({ status: 'cancelling' });
    await database.admin`update record_ids set state = 'done', target_id = null where source_id = '3' and job_id = ${job.jobId}`;
    await database.admin`
      update batches set state = 'done', done_at = now(), result = ${database.admin.json({ ...counts({}), lookedAt: 1, removed: 0 })}
      where job_id = ${job.jobId} and kind = 'settle'`;
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'cancelled' });
    const stored = await database.admin`
      select source_id, outcome, target_id, merged_into from record_outcomes where job_id = ${job.jobId} order by source_id`;
    expect(stored).toEqual([
      { source_id: '1', outcome: 'created', target_id: 'made', merged_into: null },
      { source_id: '2', outcome: 'merged', target_id: 'made', merged_into: '1' },
      { source_id: '3', outcome: 'skipped', target_id: null, merged_into: null },
      { source_id: '4', outcome: 'skipped', target_id: null, merged_into: null },
    ]);
    await expectCounted(job);
  });
});

describe('cancelling when what is in doubt cannot be looked at', () => {
  it('ends all the same, and says so of those records', async () => {
    const job = await startJob();
    await stage(job, 1);
    const id = await insertBatch(job, 'load', { attempts: 1 });
    const entry = { tenant_id: job.tenantId, job_id: job.jobId, object: 'organizations', source_id: '1', batch_id: id };
    await database.admin`insert into record_ids ${database.admin({ ...entry, fence: 1, state: 'intended', outcome: 'created' })}`;
    await command(job, 'cancel-job');
    await process(job);
    await database.admin`update batches set attempts = 3 where job_id = ${job.jobId} and kind = 'settle'`;
    await process(job);
    expect(await viewOf(job)).toMatchObject({ status: 'cancelled' });
    const stored = await database.admin`select outcome, reason from record_outcomes where job_id = ${job.jobId}`;
    expect(stored).toEqual([{ outcome: 'skipped', reason: 'outcome_unknown' }]);
    const open =
      await database.admin`select 1 from batches where job_id = ${job.jobId} and (state <> 'done' or not folded)`;
    expect(open).toEqual([]);
    await expectCounted(job);
  });
});

/** Waits until some session of this database waits for another's lock. */
const waitForLock = async (): Promise<void> => {
  await expect
    .poll(async () => {
      const [row] = await database.admin`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return row?.['n'];
    })
    .toBe(1);
};
