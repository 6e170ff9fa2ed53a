import { outcomes } from '@freight/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { company, organization } from '../connectors/target.features.ts';
import { resultOf } from './decideGroup.ts';
import type { Group } from './groups.ts';
import { countOutcomes, effectsOf, outcomesOf } from './outcomes.ts';

const group = (others: readonly string[], notes: readonly string[] = []): Group => ({
  leader: '1',
  others,
  outgoing: company(organization('1')),
  keys: [],
  notes,
  remark: null,
  refusal: null,
});

describe('outcomes of a group', () => {
  it.each(['created', 'updated', 'unchanged', 'merged'] as const)(
    'merges the others when the leader is %s',
    outcome => {
      const records = outcomesOf(group(['2', '3']), resultOf(outcome, { targetId: 'T' }));
      expect(records.map(one => [one.sourceId, one.result.outcome, one.result.mergedInto])).toEqual([
        ['1', outcome, null],
        ['2', 'merged', '1'],
        ['3', 'merged', '1'],
      ]);
      expect(effectsOf(records).map(one => one.targetId)).toEqual(['T', 'T', 'T']);
    },
  );

  it.each(['failed', 'skipped'] as const)('gives the others the same when the leader is %s', outcome => {
    const records = outcomesOf(group(['2']), resultOf(outcome, { reason: 'why', message: 'words' }));
    expect(records.map(one => one.result)).toEqual([records[0]?.result, records[0]?.result]);
    expect(effectsOf(records)).toEqual([]);
  });

  it('notes on the leader alone what could not be kept, unless there is a better reason', () => {
    const noted = group(['2'], ['company_missing', 'other']);
    const [leader, other] = outcomesOf(noted, resultOf('created', { targetId: 'T' }));
    expect([leader?.result.reason, other?.result.reason]).toEqual(['company_missing', null]);
    expect(outcomesOf(noted, resultOf('failed', { reason: 'why' }))[0]?.result.reason).toBe('why');
  });

  it('looks again at the leader alone', () => {
    const records = outcomesOf(group(['2']), resultOf('created', { targetId: 'T', lookAgain: true }));
    expect(effectsOf(records).map(one => one.lookAgain)).toEqual([true, false]);
  });

  it('counts each record once', () => {
    const record = fc.record({ sourceId: fc.string(), result: fc.constantFrom(...outcomes).map(one => resultOf(one)) });
    fc.assert(
      fc.property(fc.array(record), records => {
        const counts = countOutcomes(records);
        expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(records.length);
        for (const one of outcomes)
          expect(counts[one]).toBe(records.filter(record => record.result.outcome === one).length);
      }),
    );
  });
});
