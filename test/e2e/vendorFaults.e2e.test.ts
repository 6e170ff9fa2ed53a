import type { Platform } from '@freight/cli/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectWhole } from './expectWhole.ts';
import { prepareMove, slice, startTestPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startTestPlatform({ settings: { jobs: { FREIGHT_BATCH_ATTEMPTS_MAX: '3' } } });
});
afterAll(() => platform?.stop());

describe('a migration between systems that fail', () => {
  it('makes each record once although replies are lost after the write took effect', async () => {
    const move = await prepareMove(platform, slice(150, 250));
    const { sandbox, attio } = move.workspaces;
    await sandbox.addFault(attio.id, {
      match: { method: 'POST', path: 'records$' },
      kind: 'reset_after',
      times: 60,
      probability: 0.3,
      seed: 1,
    });
    await sandbox.addFault(attio.id, {
      match: { method: 'POST', path: 'records$' },
      kind: 'error_after',
      times: 40,
      probability: 0.3,
      seed: 2,
    });
    await move.start();
    await move.until('the job has ended', job => job.status !== 'running');
    const fired = (await sandbox.faults(attio.id)).reduce((sum, fault) => sum + fault.fired, 0);
    expect(fired).toBeGreaterThan(30);
    await expectWhole(platform, move);
  });

  it('keeps one of two when a call that was given up takes effect beside its repetition', async () => {
    const impatient = await startTestPlatform({ settings: { workers: { FREIGHT_CALL_TIMEOUT_MS: '1000' } } });
    try {
      // Nobody has an address or a domain: nothing at the target keeps a second one out.
      const data = slice(20, 30);
      const bare = {
        ...data,
        organizations: data.organizations.map(one => ({ ...one, domains: [] })),
        persons: data.persons.map(one => ({ ...one, emails: [] })),
      };
      const move = await prepareMove(impatient, bare);
      const { sandbox, attio } = move.workspaces;
      const late = { match: { method: 'POST', path: 'records$' }, kind: 'slow', delayMs: 2500, times: 12 } as const;
      await sandbox.addFault(attio.id, { ...late, probability: 0.3, seed: 5 });
      await move.start();
      await move.until('the job has ended', job => job.status !== 'running');
      expect((await sandbox.faults(attio.id))[0]?.fired).toBeGreaterThan(3);
      await expectWhole(impatient, move);
    } finally {
      await impatient.stop();
    }
  });

  it('loses nothing to refusals, errors and dropped connections on both sides', async () => {
    const move = await prepareMove(platform, slice(150, 250));
    const { sandbox, attio, affinity } = move.workspaces;
    for (const [id, seed] of [
      [attio.id, 3],
      [affinity.id, 4],
    ] as const) {
      await sandbox.addFault(id, { kind: '429', retryAfterSeconds: 1, times: 3, probability: 0.05, seed });
      await sandbox.addFault(id, { kind: '503', times: 10, probability: 0.05, seed: seed + 10 });
      await sandbox.addFault(id, { kind: 'reset_before', times: 10, probability: 0.05, seed: seed + 20 });
    }
    await move.start();
    await move.until('the job has ended', job => job.status !== 'running');
    // The comparison reads as well, and is not what is tried.
    for (const { id } of [attio, affinity]) await sandbox.clearFaults(id);
    await expectWhole(platform, move);
  });

  it('finds every record although some appear and vanish between pages', async () => {
    const data = slice(150, 250);
    const move = await prepareMove(platform, data);
    const { sandbox, affinity } = move.workspaces;
    await sandbox.addFault(affinity.id, { kind: 'slow', delayMs: 100, times: 40 });
    await move.start();
    await move.until('reading has begun', job => job.totalRecords > 0);
    const late = 900_001;
    await sandbox.addAffinity(affinity.id, [
      {
        kind: 'organization',
        id: late,
        name: 'Came Late',
        domain: 'late.example',
        domains: ['late.example'],
        global: false,
        values: {},
      },
    ] as never);
    await move.until('the job has ended', job => job.status !== 'running');
    const found = (await move.outcomes()).find(one => one.object === 'organizations' && one.sourceId === String(late));
    expect(found?.outcome).toBe('created');
    await expectWhole(platform, move);
  });

  it('never calls the target more often than it allows', async () => {
    const limited = await startTestPlatform({ realLimits: true });
    try {
      const move = await prepareMove(limited, slice(60, 90), true);
      await move.start();
      await move.until('the job has ended', job => job.status !== 'running');
      await expectWhole(limited, move);
      const stats = await move.workspaces.sandbox.stats(move.workspaces.attio.id);
      expect(stats.limited).toBe(0);
      expect(stats.mostWriteRequestsInOneSecond).toBeGreaterThan(10);
    } finally {
      await limited.stop();
    }
  });

  it('pauses itself with the reason when the target stays down, and goes on when it is told to', async () => {
    const move = await prepareMove(platform, slice(50, 50));
    const { sandbox, attio } = move.workspaces;
    await sandbox.addFault(attio.id, { kind: '503', times: 100_000 });
    await move.start();
    const paused = await move.until('the job has paused itself', job => job.status === 'paused', 180_000);
    expect(paused.statusReason?.code).toBe('target_unavailable');
    expect(paused.statusReason?.detail).toMatch(/resume/);
    await sandbox.clearFaults(attio.id);
    await move.act('resume');
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });
});
