import { natsHeaders, outcomes, streams, subjects } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import type { AffinityRow } from '@freight/sandbox';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { type ServiceFixture, startServiceFixture } from './serviceFixture.ts';
import { until } from './until.ts';
import type { TestConnection, TestJob } from './workFixture.ts';

let fixture: ServiceFixture;
beforeEach(async () => {
  fixture = await startServiceFixture();
});
afterEach(() => fixture.stop());

const rows = (organizations: number, persons: number): readonly AffinityRow[] => [
  ...Array.from({ length: organizations }, (_, i): AffinityRow => {
    const domain = `o${i + 1}.com`;
    return { kind: 'organization', id: i + 1, name: `Organization ${i + 1}`, domain, domains: [domain], global: false };
  }),
  ...Array.from({ length: persons }, (_, i): AffinityRow => {
    // Every third has no address: only Freight's marker identifies it.
    const emails = i % 3 === 0 ? [] : [`p${i}@o${(i % organizations) + 1}.com`];
    return {
      kind: 'person',
      id: i + 1,
      first_name: 'Ada',
      last_name: `Number ${i}`,
      emails,
      organization_ids: [(i % organizations) + 1],
    };
  }),
];

const startJob = async (organizations: number, persons: number): Promise<TestJob> => {
  const tenantId = await fixture.work.tenant();
  const source: TestConnection = await fixture.work.connection(tenantId, 'affinity');
  await fixture.work.seedAffinity(source, rows(organizations, persons));
  return fixture.startJob({ tenantId, source });
};

const processed = async (job: TestJob) => (await fixture.view(job)).processedRecords;
const small = { FREIGHT_RECORDS_PER_BATCH: '5' };

/** Every record has one outcome, all counts agree, and the target holds exactly what it says was created. */
const expectAccounted = async (job: TestJob): Promise<void> => {
  const stored = await fixture.work.outcomes(job);
  const { objects, totalRecords } = await fixture.view(job);
  expect(stored).toHaveLength(totalRecords);
  for (const [object, progress] of Object.entries(objects)) {
    for (const outcome of outcomes) {
      const count = stored.filter(one => one.object === object && one.outcome === outcome).length;
      expect({ object, outcome, count: progress[outcome] }).toEqual({ object, outcome, count });
    }
  }
  const counts = await fixture.work.control.counts(job.target.workspace.id);
  const created = stored.filter(one => one.outcome === 'created').length;
  expect((counts['companies'] ?? 0) + (counts['people'] ?? 0)).toBe(created);
};
const expectWhole = async (job: TestJob, records: number): Promise<void> => {
  await expectAccounted(job);
  const stored = await fixture.work.outcomes(job);
  expect(stored.filter(one => one.outcome === 'created')).toHaveLength(records);
  const open = await fixture.work.database.admin`
    select 1 from batches where job_id = ${job.jobId} and (state <> 'done' or not folded)`;
  expect(open).toEqual([]);
};

describe('a job', () => {
  it('ends whole under two job services and two workers, each result folded once', async () => {
    for (const start of [() => fixture.jobs(small), () => fixture.jobs(small), fixture.worker, fixture.worker])
      await start();
    const job = await startJob(30, 60);
    await fixture.untilStatus(job, 'completed');
    await expectWhole(job, 90);
    const [row] = await fixture.work.database.admin`
      select count(*)::int as events, count(distinct data ->> 'batchId')::int as batches
      from job_events where stream_id = ${job.jobId} and type = 'batch-completed'`;
    expect(row?.['events']).toBe(row?.['batches']);
  });

  it('loses nothing when it is paused and resumed while it reads', async () => {
    await fixture.jobs();
    await fixture.worker({ FREIGHT_EXTRACT_MS: '10' });
    const tenantId = await fixture.work.tenant();
    const source = await fixture.work.connection(tenantId, 'affinity');
    await fixture.work.seedAffinity(source, rows(40, 900));
    await fixture.work.control.addFault(source.workspace.id, { kind: 'slow', delayMs: 60, times: 30 });
    const job = await fixture.startJob({ tenantId, source });
    await until('reading has begun', async () => (await fixture.view(job)).totalRecords > 0);
    for (let i = 0; i < 3; i++) {
      await fixture.command(tenantId, 'pause-job', { jobId: job.jobId });
      await fixture.command(tenantId, 'resume-job', { jobId: job.jobId });
      await sleep(60);
    }
    await fixture.untilStatus(job, 'completed');
    await expectWhole(job, 940);
  });

  it('goes on at once when it is resumed, though messages were dropped meanwhile', async () => {
    await fixture.jobs(small);
    const job = await startJob(4, 0);
    await until('a batch was issued', async () => {
      const [row] = await fixture.work.database.admin`select state from batches where job_id = ${job.jobId}`;
      return row?.['state'] === 'issued';
    });
    await fixture.command(job.tenantId, 'pause-job', { jobId: job.jobId });
    await fixture.worker();
    await until('the message was dropped', async () => (await fixture.bus.depth(streams.work, 'work-default')) === 0);
    await fixture.command(job.tenantId, 'resume-job', { jobId: job.jobId });
    // Without a message of its own it would wait for the ten seconds after which a message counts as lost.
    await fixture.untilStatus(job, 'completed', 6000);
    await expectWhole(job, 4);
  });

  it('accounts for every record when it is cancelled while batches are under way', async () => {
    await fixture.jobs(small);
    await fixture.worker();
    await fixture.worker();
    const tenantId = await fixture.work.tenant();
    const target = await fixture.work.connection(tenantId, 'attio');
    const source = await fixture.work.connection(tenantId, 'affinity');
    await fixture.work.seedAffinity(source, rows(60, 120));
    const job = await fixture.startJob({ tenantId, source, target });
    await until('some records are loaded', async () => (await processed(job)) > 10);
    await fixture.work.control.addFault(target.workspace.id, { kind: 'slow', delayMs: 50, times: 500 });
    await fixture.command(tenantId, 'cancel-job', { jobId: job.jobId });
    await fixture.untilStatus(job, 'cancelled');
    await expectAccounted(job);
    expect((await fixture.work.outcomes(job)).some(one => one.outcome === 'skipped')).toBe(true);
  });

  it('says of a cancelled job what an attempt that broke off had made', async () => {
    await fixture.jobs();
    await fixture.worker();
    const tenantId = await fixture.work.tenant();
    const target = await fixture.work.connection(tenantId, 'attio');
    const source = await fixture.work.connection(tenantId, 'affinity');
    await fixture.work.seedAffinity(source, rows(40, 0));
    const path = 'records$';
    const refused = { method: 'POST', path, afterRequests: 20 };
    await fixture.work.control.addFault(target.workspace.id, {
      kind: '429',
      retryAfterSeconds: 30,
      times: 1000,
      match: refused,
    });
    const job = await fixture.startJob({ tenantId, source, target });
    await until('the batch was given back', async () => {
      const [row] = await fixture.work.database.admin`
        select count(*)::int as n from batches where job_id = ${job.jobId} and kind = 'load' and last_error is not null`;
      return row?.['n'] === 1;
    });
    await fixture.command(tenantId, 'cancel-job', { jobId: job.jobId });
    await fixture.untilStatus(job, 'cancelled');
    await expectAccounted(job);
    expect((await fixture.work.outcomes(job)).filter(one => one.outcome === 'created')).toHaveLength(20);
  });

  it('pauses itself and says why when a batch kills every worker that takes it', async () => {
    await fixture.jobs({ FREIGHT_BATCH_ATTEMPTS_MAX: '3' });
    const job = await startJob(1, 0);
    const { admin } = fixture.work.database;
    // A worker that claims and dies: its lease runs out at once.
    const die = () => admin`
      update batches set state = 'claimed', fence = fence + 1, attempts = attempts + 1, leased_until = now()
      where job_id = ${job.jobId} and state = 'issued'`;
    await until('the job has paused itself', async () => {
      await die();
      return (await fixture.view(job)).status === 'paused';
    });
    expect((await fixture.view(job)).statusReason).toMatchObject({ code: 'batch_keeps_failing' });
    const [row] = await admin`select attempts, fence from batches where job_id = ${job.jobId}`;
    expect(row).toMatchObject({ attempts: 3, fence: '3' });
  });

  it('ends whole although its workers are started anew after every few batches', async () => {
    await fixture.jobs(small);
    let lives = 0;
    let stopping = false;
    const live = async () => {
      while (!stopping) {
        const worker = await fixture.worker({ FREIGHT_BATCHES_MAX: '3' });
        await Promise.race([worker.ended, until('the test is over', () => stopping, 60_000)]);
        await worker.stop();
        lives++;
      }
    };
    const living = live();
    const job = await startJob(20, 20);
    await fixture.untilStatus(job, 'completed').finally(() => (stopping = true));
    await living;
    expect(lives).toBeGreaterThan(2);
    await expectWhole(job, 40);
  });

  it('waits out a target that is down for a moment when it begins', async () => {
    await fixture.jobs();
    await fixture.worker();
    const tenantId = await fixture.work.tenant();
    const target = await fixture.work.connection(tenantId, 'attio');
    const source = await fixture.work.connection(tenantId, 'affinity');
    await fixture.work.seedAffinity(source, rows(2, 2));
    await fixture.work.control.addFault(target.workspace.id, { kind: '503', times: 6 });
    const job = await fixture.startJob({ tenantId, source, target });
    await fixture.untilStatus(job, 'completed');
    await expectWhole(job, 4);
  });
});

describe('results', () => {
  it('are parked once when they cannot be read, however many job services listen', async () => {
    await fixture.jobs();
    await fixture.jobs();
    const nc = await connect(asUser(fixture.nats));
    try {
      const manager = await jetstreamManager(nc);
      await until('the streams are made', () => manager.streams.info(streams.dead).then(Boolean, () => false));
      nc.publish(subjects.result(newId(), newId()), 'nonsense');
      await nc.flush();
      const dead = async () => (await manager.streams.info(streams.dead)).state.messages;
      await until('it is parked', async () => (await dead()) > 0);
      await sleep(300);
      expect(await dead()).toBe(1);
      const letter = await manager.streams.getMessage(streams.dead, { seq: 1 });
      expect(letter?.header.get(natsHeaders.deadReason)).toBe('not_json');
    } finally {
      await nc.close();
    }
  });
});
