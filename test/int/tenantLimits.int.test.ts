/** What a tenant's settings allow its jobs: how many run at once, how much they store, and which lane carries them. */
import { newId } from '@freight/kernel';
import type { AffinityRow } from '@freight/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceFixture, startServiceFixture } from './serviceFixture.ts';
import { until } from './until.ts';
import type { TestJob } from './workFixture.ts';

let fixture: ServiceFixture;
beforeAll(async () => {
  fixture = await startServiceFixture();
  // Two of each: limits hold over all processes.
  await fixture.jobs();
  await fixture.jobs();
  await fixture.worker({ FREIGHT_EXTRACT_MS: '10' });
});
afterAll(() => fixture.stop());

const set = (tenantId: string, settings: Readonly<Record<string, unknown>>) =>
  fixture.work.database.admin`
    update tenants set settings = settings || ${fixture.work.database.admin.json(settings as never)} where id = ${tenantId}`;

const create = async (tenantId: string, config?: object) => {
  const source = await fixture.work.connection(tenantId, 'affinity');
  const target = await fixture.work.connection(tenantId, 'attio');
  const jobId = newId();
  const request = {
    name: 'A job',
    source: { connectionId: source.id },
    target: { connectionId: target.id },
    ...(config === undefined ? {} : { config }),
  };
  const reply = await fixture.command(tenantId, 'create-job', { jobId, request });
  return { jobId, source, target, reply };
};
type Settings = Readonly<Record<string, number | string>>;
const act = (tenantId: string, jobId: string, type: 'start-job' | 'pause-job' | 'resume-job' | 'cancel-job') =>
  fixture.command(tenantId, type, { jobId, ...(type === 'start-job' ? { runId: newId() } : {}) });
const told = async (...replies: Promise<{ status: number; body: Record<string, unknown> }>[]) =>
  (await Promise.all(replies)).map(({ status, body }) => (status < 300 ? status : `${status} ${String(body['code'])}`));

/** Jobs that stay as they are once they run: nobody serves their tenant's own lane. */
const idleJobs = async (tenantId: string, count: number): Promise<readonly string[]> => {
  await set(tenantId, { lane: 'own' });
  const made = await Promise.all(Array.from({ length: count }, () => create(tenantId)));
  return made.map(one => one.jobId);
};
const running = async (tenantId: string) => {
  const [row] = await fixture.work.database.admin<{ n: number }[]>`
    select count(*)::int as n from migration_jobs where tenant_id = ${tenantId} and status in ('running', 'cancelling')`;
  return row?.n;
};

describe('jobs that run at once', () => {
  it('are never more than the tenant may have, however many are started at the same moment', async () => {
    const tenantId = await fixture.work.tenant({ jobsRunningMax: 2 });
    const ids = await idleJobs(tenantId, 6);
    const answers = await told(...ids.map(id => act(tenantId, id, 'start-job')));
    expect(answers.filter(one => one === 200)).toHaveLength(2);
    expect(answers.filter(one => one === '409 job_limit_reached')).toHaveLength(4);
    expect(await running(tenantId)).toBe(2);
    const [row] = await fixture.work.database.admin`
      select count(*)::int as n from job_events where tenant_id = ${tenantId} and type = 'job-started'`;
    expect(row?.['n']).toBe(2);
  });

  it('make room when one is paused, and take it when one is resumed', async () => {
    const tenantId = await fixture.work.tenant({ jobsRunningMax: 1 });
    const [first = '', second = ''] = await idleJobs(tenantId, 2);
    expect(await told(act(tenantId, first, 'start-job'))).toEqual([200]);
    expect(await told(act(tenantId, second, 'start-job'))).toEqual(['409 job_limit_reached']);
    expect(await told(act(tenantId, first, 'pause-job'))).toEqual([200]);
    expect(await told(act(tenantId, second, 'start-job'))).toEqual([200]);
    expect(await told(act(tenantId, first, 'resume-job'))).toEqual(['409 job_limit_reached']);
    expect((await fixture.view({ jobId: first } as TestJob)).status).toBe('paused');
    await set(tenantId, { jobsRunningMax: 2 });
    expect(await told(act(tenantId, first, 'resume-job'))).toEqual([200]);
  });

  it('are not touched by a limit that is lowered, and a command that changes nothing is not refused for it', async () => {
    const tenantId = await fixture.work.tenant({ jobsRunningMax: 2 });
    const ids = await idleJobs(tenantId, 2);
    expect(await told(...ids.map(id => act(tenantId, id, 'start-job')))).toEqual([200, 200]);
    await set(tenantId, { jobsRunningMax: 1 });
    expect(await told(act(tenantId, ids[0] ?? '', 'resume-job'))).toEqual([200]);
    expect(await running(tenantId)).toBe(2);
  });

  it('of one tenant take no place of another', async () => {
    const [a, b] = [
      await fixture.work.tenant({ jobsRunningMax: 1 }),
      await fixture.work.tenant({ jobsRunningMax: 1 }),
    ] as const;
    const [[mine = ''], [theirs = '']] = [await idleJobs(a, 1), await idleJobs(b, 1)];
    expect(await told(act(a, mine, 'start-job'), act(b, theirs, 'start-job'))).toEqual([200, 200]);
  });
});

const organizations = (count: number): readonly AffinityRow[] =>
  Array.from({ length: count }, (_, i): AffinityRow => {
    const domain = `o${i + 1}.com`;
    return { kind: 'organization', id: i + 1, name: `Organization ${i + 1}`, domain, domains: [domain], global: false };
  });

/** What stands in the rows, and what the database says that the tenant stores. */
const stored = async (tenantId: string) => {
  const [row] = await fixture.work.database.admin<{ rows: number }[]>`
    select coalesce(sum(octet_length(sealed)), 0)::int as rows from staged_records where tenant_id = ${tenantId}`;
  const said = await fixture.work.database.open('freight_jobs').withTenant(tenantId, async sql => {
    const [answer] = await sql<{ bytes: number }[]>`select freight_stored_bytes() as bytes`;
    return answer?.bytes;
  });
  return { rows: row?.rows, said };
};

const startReading = async (settings: Settings, records: number): Promise<TestJob> => {
  const tenantId = await fixture.work.tenant(settings);
  const source = await fixture.work.connection(tenantId, 'affinity');
  await fixture.work.seedAffinity(source, organizations(records));
  return fixture.startJob({ tenantId, source });
};

describe('stored bytes', () => {
  it('over the limit pause the job that reads, with a reason that names it; it goes on when the limit is raised', async () => {
    const job = await startReading({ storedBytesMax: 5000 }, 400);
    await fixture.untilStatus(job, 'paused');
    const { statusReason } = await fixture.view(job);
    expect(statusReason?.code).toBe('storage_limit');
    expect(statusReason?.detail).toContain('may keep 5000 (storedBytesMax)');
    const before = await stored(job.tenantId);
    expect(before.said).toBe(before.rows);
    expect(before.said).toBeGreaterThan(5000);
    await set(job.tenantId, { storedBytesMax: 10_000_000 });
    await fixture.untilStatus(job, 'completed');
    const after = await stored(job.tenantId);
    expect(after.said).toBe(after.rows);
    expect(await fixture.work.outcomes(job)).toHaveLength(400);
  });

  it('hold up no job that a person paused meanwhile: that pause stays', async () => {
    const job = await startReading({ storedBytesMax: 1000 }, 200);
    await fixture.untilStatus(job, 'paused');
    await fixture.command(job.tenantId, 'pause-job', { jobId: job.jobId });
    expect((await fixture.view(job)).statusReason?.code).toBe('requested');
    await set(job.tenantId, { storedBytesMax: 10_000_000 });
    // Another job at its limit goes on: so the first one was looked at and left.
    const other = await startReading({ storedBytesMax: 1000 }, 200);
    await fixture.untilStatus(other, 'paused');
    await set(other.tenantId, { storedBytesMax: 10_000_000 });
    await fixture.untilStatus(other, 'completed');
    expect((await fixture.view(job)).status).toBe('paused');
  });

  it('let a job go on only when the tenant may have one more running', async () => {
    const job = await startReading({ storedBytesMax: 1000, jobsRunningMax: 1 }, 200);
    await fixture.untilStatus(job, 'paused');
    const [busy = ''] = await idleJobs(job.tenantId, 1);
    expect(await told(act(job.tenantId, busy, 'start-job'))).toEqual([200]);
    await set(job.tenantId, { storedBytesMax: 10_000_000 });
    const other = await startReading({ storedBytesMax: 1000 }, 200);
    await fixture.untilStatus(other, 'paused');
    await set(other.tenantId, { storedBytesMax: 10_000_000 });
    await fixture.untilStatus(other, 'completed');
    expect((await fixture.view(job)).status).toBe('paused');
    await act(job.tenantId, busy, 'pause-job');
    await fixture.untilStatus(job, 'completed');
  });

  it('are those of runs that still have rows: none when they have been removed', async () => {
    const job = await startReading({}, 20);
    await fixture.untilStatus(job, 'completed');
    expect((await stored(job.tenantId)).said).toBeGreaterThan(0);
    await fixture.work.database.admin`delete from staged_records where run_id = ${job.runId}`;
    expect((await stored(job.tenantId)).said).toBe(0);
  });
});

describe('the lane', () => {
  const laneOf = async (jobId: string) => {
    const [row] = await fixture.work.database
      .admin`select config ->> 'lane' as lane from migration_jobs where id = ${jobId}`;
    return row?.['lane'] as string;
  };

  it('of a job that names none is the one of its tenant’s settings', async () => {
    const tenantId = await fixture.work.tenant({ lane: 'low' });
    expect(await laneOf((await create(tenantId)).jobId)).toBe('low');
    expect(await laneOf((await create(tenantId, { lane: 'high' })).jobId)).toBe('high');
    expect(await laneOf((await create(await fixture.work.tenant())).jobId)).toBe('default');
  });

  it('of its own carries a tenant’s jobs to the workers that serve it', async () => {
    const tenantId = await fixture.work.tenant({ lane: 'own' });
    const { jobId } = await create(tenantId);
    await act(tenantId, jobId, 'start-job');
    await until('its batch is issued', async () => {
      const rows = await fixture.work.database.admin`select lane, state from batches where job_id = ${jobId}`;
      return rows[0]?.['lane'] === `tenant-${tenantId}` && rows[0]['state'] === 'issued';
    });
    const worker = await fixture.worker({ FREIGHT_LANES: `tenant-${tenantId}` });
    await fixture.untilStatus({ jobId } as TestJob, 'completed');
    const rows = await fixture.work.database.admin`select distinct lane from batches where job_id = ${jobId}`;
    expect(rows).toEqual([{ lane: `tenant-${tenantId}` }]);
    await worker.stop();
  });

  it('of its own is refused to a tenant that has none, beside everything else that is wrong', async () => {
    const tenantId = await fixture.work.tenant();
    const { reply } = await create(tenantId, { lane: 'own' });
    expect([reply.status, reply.body['code']]).toEqual([422, 'lane_not_allowed']);
    const jobId = newId();
    const request = {
      name: 'A job',
      source: { connectionId: newId() },
      target: { connectionId: newId() },
      config: { lane: 'own' },
    };
    const { status, body } = await fixture.command(tenantId, 'create-job', { jobId, request });
    expect([status, body['code']]).toEqual([422, 'unknown_connection']);
    expect((body['errors'] as { pointer: string }[]).map(one => one.pointer)).toEqual([
      '/source/connectionId',
      '/target/connectionId',
      '/config/lane',
    ]);
  });
});
