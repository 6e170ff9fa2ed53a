import type { Platform } from '@freight/cli/platform';
import { outcomes } from '@freight/contracts';
import { expect } from 'vitest';
import { type Move, openAdmin } from './platform.ts';

/** P1, P2 and P3 at once: every record one outcome, nothing lost or doubled, and all counts the same wherever they are kept. */
export const expectWhole = async (platform: Platform, move: Move): Promise<void> => {
  const job = await move.read();
  expect(job.status).toBe('completed');

  const result = await move.compare();
  expect(result.lost).toEqual([]);
  expect(result.duplicates).toEqual([]);
  expect(result.relationsFound).toBe(result.relationsExpected);
  expect(result.relationsExpected).toBeGreaterThan(0);

  const stored = await move.outcomes();
  expect(new Set(stored.map(one => `${one.object} ${one.sourceId}`)).size).toBe(stored.length);
  expect(stored.length).toBe(job.totalRecords);
  for (const [object, progress] of Object.entries(job.objects)) {
    for (const outcome of outcomes) {
      const count = stored.filter(one => one.object === object && one.outcome === outcome).length;
      expect({ object, outcome, count: progress[outcome] }).toEqual({ object, outcome, count });
    }
  }

  const counts = await move.workspaces.sandbox.counts(move.workspaces.attio.id);
  const created = (object: string) => stored.filter(one => one.object === object && one.outcome === 'created').length;
  expect({ companies: counts['companies'], people: counts['people'] }).toEqual({
    companies: created('organizations'),
    people: created('persons'),
  });

  const admin = openAdmin(platform);
  try {
    // Nothing is held, open or doubtful when a job has ended.
    const [open] =
      await admin`select count(*)::int as n from batches where job_id = ${move.jobId} and (state <> 'done' or not folded)`;
    const [doubtful] =
      await admin`select count(*)::int as n from record_ids where job_id = ${move.jobId} and (taken_over or state <> 'done')`;
    expect({ open: open?.['n'], doubtful: doubtful?.['n'] }).toEqual({ open: 0, doubtful: 0 });
  } finally {
    await admin.end();
  }
};
