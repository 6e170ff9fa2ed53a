import type { JobEvent, OutcomeCounts } from '@freight/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyProgress, foldProgress, noOutcomes, type Progress, totals } from './progress.ts';

const runId = '0192f0a4-7c1e-7c35-9b0a-000000000001';
const completed = (
  object: 'organizations' | 'persons' | null,
  staged: number,
  counts: Partial<OutcomeCounts>,
): JobEvent => ({
  type: 'batch-completed',
  data: { runId, batchId: runId, kind: 'load', object, staged, counts: { ...noOutcomes, ...counts } },
});
const start = emptyProgress(['organizations', 'persons']);
const fold = (events: readonly JobEvent[]): Progress => events.reduce(foldProgress, start);

describe('progress', () => {
  it('adds up what batches read and what became of the records, object by object', () => {
    const progress = fold([
      completed('organizations', 7, {}),
      completed('organizations', 0, { created: 3, merged: 1 }),
      completed('persons', 5, { failed: 2 }),
      completed('organizations', 0, { created: 1, skipped: 1 }),
    ]);
    expect(progress.organizations).toMatchObject({ read: 7, created: 4, merged: 1, skipped: 1, failed: 0 });
    expect(totals(progress)).toEqual({ total: 12, processed: 8, failed: 2 });
  });

  it('says that an object is read only after its last pass', () => {
    const pass = (last: boolean): JobEvent => ({
      type: 'extraction-pass-completed',
      data: { runId, object: 'persons', pass: 1, seen: 4, added: 4, stable: last, last },
    });
    expect(fold([pass(false)]).persons?.readComplete).toBe(false);
    expect(fold([pass(false), pass(true)]).persons?.readComplete).toBe(true);
    expect(fold([pass(true)]).organizations?.readComplete).toBe(false);
  });

  it('counts what a cancel skipped beside what had been skipped before', () => {
    const cancelled: JobEvent = { type: 'job-cancelled', data: { runId, skipped: { organizations: 4, persons: 1 } } };
    const progress = fold([completed('organizations', 6, { skipped: 2 }), cancelled]);
    expect([progress.organizations?.skipped, progress.persons?.skipped]).toEqual([6, 1]);
  });

  it('is left alone by batches of no object and by all other events', () => {
    expect(fold([completed(null, 0, {}), { type: 'job-completed', data: { runId } }])).toEqual(start);
  });

  it('does not depend on the order of results', () => {
    const count = fc.nat({ max: 50 });
    const result = fc
      .tuple(fc.constantFrom('organizations', 'persons'), count, count, count, count)
      .map(([object, staged, created, merged, failed]) => completed(object, staged, { created, merged, failed }));
    fc.assert(
      fc.property(fc.array(result), events => {
        expect(fold(events.toReversed())).toEqual(fold(events));
      }),
    );
  });
});
