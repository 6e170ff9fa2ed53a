import { createFreightApi } from '@freight/cli/demo';
import type { Platform } from '@freight/cli/platform';
import { jobView, outcomes, tenantView } from '@freight/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectWhole } from './expectWhole.ts';
import { openAdmin, prepareMove, processed, slice, startTestPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startTestPlatform({ settings: { jobs: { FREIGHT_RECORDS_PER_BATCH: '10' } } });
});
afterAll(() => platform?.stop());

describe('a job in its owner’s hands', () => {
  it('stands still while paused and goes on where it was', async () => {
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    await move.act('pause');
    const admin = openAdmin(platform);
    const held = async () =>
      (
        await admin`select count(*)::int as n from batches where job_id = ${move.jobId} and (state = 'claimed' or state = 'done' and not folded)`
      )[0]?.['n'];
    await expect.poll(held, { timeout: 20_000 }).toBe(0);
    await admin.end();
    const still = processed(await move.read());
    const { sandbox, attio } = move.workspaces;
    const before = (await sandbox.stats(attio.id)).requests;
    await new Promise(resolve => setTimeout(resolve, 1000));
    expect((await sandbox.stats(attio.id)).requests).toBe(before);
    expect(processed(await move.read())).toBe(still);
    await move.act('resume');
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('accounts for every record that was read when it is cancelled', async () => {
    const move = await prepareMove(platform, slice(200, 300));
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    await move.act('cancel');
    const job = await move.until('it is cancelled', one => one.status === 'cancelled');
    const stored = await move.outcomes();
    expect(stored.length).toBe(job.totalRecords);
    expect(stored.filter(one => one.outcome === 'skipped').every(one => one.reason === 'job_cancelled')).toBe(true);
    for (const [object, progress] of Object.entries(job.objects)) {
      for (const outcome of outcomes) {
        expect(progress[outcome]).toBe(stored.filter(one => one.object === object && one.outcome === outcome).length);
      }
    }
    // What it says it created is there, and nothing else.
    const counts = await move.workspaces.sandbox.counts(move.workspaces.attio.id);
    const created = stored.filter(one => one.outcome === 'created').length;
    expect((counts['companies'] ?? 0) + (counts['people'] ?? 0)).toBe(created);
    await expect(move.act('resume')).rejects.toThrow(/409.*invalid_transition/);
    await expect(move.start()).rejects.toThrow(/409.*invalid_transition/);
  });

  it('knows of every record that a lost worker had sent when it is cancelled', async () => {
    const move = await prepareMove(platform, slice(200, 300));
    const { sandbox, attio } = move.workspaces;
    // Calls take a while, so that some are on their way when both workers die.
    await sandbox.addFault(attio.id, {
      match: { method: 'POST', path: 'records$' },
      kind: 'slow',
      delayMs: 150,
      times: 100_000,
    });
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 20);
    await Promise.all(['workers-1', 'workers-2'].map(name => platform.service(name).kill('SIGKILL')));
    await move.act('cancel');
    await Promise.all(['workers-1', 'workers-2'].map(name => platform.service(name).restart()));
    const job = await move.until('it is cancelled', one => one.status === 'cancelled');
    await sandbox.clearFaults(attio.id);
    const stored = await move.outcomes();
    expect(stored.length).toBe(job.totalRecords);
    const counts = await sandbox.counts(attio.id);
    const created = (object: string) => stored.filter(one => one.object === object && one.outcome === 'created').length;
    expect({ companies: counts['companies'], people: counts['people'], deals: counts['deals'] }).toEqual({
      companies: created('organizations'),
      people: created('persons'),
      deals: created('opportunities'),
    });
    for (const [object, progress] of Object.entries(job.objects)) {
      expect(progress.created).toBe(created(object));
    }
  });

  it('gets no work while its tenant is suspended, and goes on when the tenant is activated', async () => {
    const move = await prepareMove(platform, slice(200, 300));
    const operator = createFreightApi(platform.urls.gateway, platform.operatorKey);
    await move.start();
    await move.until('some records are loaded', job => processed(job) > 50);
    await operator.post(`/v1/tenants/${move.tenantId}/suspend`, undefined, tenantView);
    await expect.poll(() => move.read().then(() => 'read', String), { timeout: 5000 }).toMatch(/403.*tenant_suspended/);
    const admin = openAdmin(platform);
    const outstanding = async () =>
      (
        await admin`select count(*)::int as n from batches where job_id = ${move.jobId} and state in ('issued', 'claimed')`
      )[0]?.['n'];
    await expect.poll(outstanding, { timeout: 20_000 }).toBe(0);
    await admin.end();
    const { sandbox, attio } = move.workspaces;
    const before = (await sandbox.stats(attio.id)).requests;
    await new Promise(resolve => setTimeout(resolve, 1000));
    expect((await sandbox.stats(attio.id)).requests).toBe(before);
    await operator.post(`/v1/tenants/${move.tenantId}/activate`, undefined, tenantView);
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('is started once, however often it is told to', async () => {
    const move = await prepareMove(platform, slice(20, 20));
    const answers = await Promise.allSettled([move.start(), move.start(), move.start()]);
    expect(answers.filter(one => one.status === 'fulfilled')).toHaveLength(1);
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('changes nothing in the target when the same data is moved by a second job', async () => {
    const data = slice(40, 60);
    const first = await prepareMove(platform, data);
    await first.start();
    await first.until('the job has ended', job => job.status !== 'running');
    const { api, workspaces } = first;
    const counts = await workspaces.sandbox.counts(workspaces.attio.id);
    const job = await first.read();
    const again = await api.post(
      '/v1/jobs',
      {
        name: 'Once more',
        source: { connectionId: job.source.connectionId },
        target: { connectionId: job.target.connectionId },
      },
      jobView,
    );
    await api.post(`/v1/jobs/${again.id}/start`, undefined, jobView);
    await expect
      .poll(async () => (await api.get(`/v1/jobs/${again.id}`, jobView)).status, { timeout: 60_000 })
      .toBe('completed');
    expect(await workspaces.sandbox.counts(workspaces.attio.id)).toEqual(counts);
    const second = await api.get(`/v1/jobs/${again.id}`, jobView);
    for (const progress of Object.values(second.objects)) {
      expect(progress).toMatchObject({ created: 0, updated: 0, failed: 0 });
    }
  });
});
