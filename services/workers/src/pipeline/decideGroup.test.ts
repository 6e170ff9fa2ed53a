import { describe, expect, it } from 'vitest';
import type { TargetChange, TargetRecord } from '../connectors/connector.ts';
import { type DecideOptions, decideGroup } from './decideGroup.ts';
import type { Group } from './groups.ts';

const group = {
  leader: '7',
  others: [],
  keys: ['a.example'],
  notes: [],
  outgoing: {},
  refusal: null,
} as unknown as Group;
const record = (id: string, ...sourceIds: string[]): TargetRecord => ({
  id,
  sourceIds,
  keys: ['a.example'],
  values: {},
});
const change: TargetChange = { recordId: 'x', values: {} };

const decide = (options: Partial<DecideOptions>, differs = true, refusal: Group['refusal'] = null) =>
  decideGroup(
    { ...group, refusal },
    {
      change: (_outgoing, existing) => (differs ? { ...change, recordId: existing.id } : null),
      policy: 'match_and_fill_empty',
      found: [],
      entry: undefined,
      isOurs: () => false,
      heldBy: () => undefined,
      ...options,
    },
  );

describe('deciding what to do for a group', () => {
  it('skips what must not move, wherever it is', () => {
    const refusal = { outcome: 'skipped', reason: 'redacted_source', message: null } as const;
    for (const found of [[], [record('x', '7')]]) {
      expect(decide({ found }, true, refusal)).toMatchObject({ kind: 'settled', result: refusal });
    }
  });

  it('fails what cannot be made for want of something, but changes it where it is there', () => {
    const refusal = { outcome: 'failed', reason: 'missing_required', message: 'no owner' } as const;
    expect(decide({}, true, refusal)).toMatchObject({ kind: 'settled', result: refusal });
    expect(decide({ found: [record('x', '7')] }, true, refusal)).toMatchObject({ kind: 'update' });
  });

  it('creates what is nowhere', () => {
    expect(decide({})).toEqual({ kind: 'create', lookAgain: false });
  });

  it('creates again what was meant to be created and is not there, to be looked at again', () => {
    const entry = { state: 'intended', targetId: null, outcome: 'created' } as const;
    expect(decide({ entry })).toEqual({ kind: 'create', lookAgain: true });
  });

  it('believes the ledger when it says done, whatever stands in the target', () => {
    const entry = { state: 'done', targetId: 't1', outcome: 'created' } as const;
    expect(decide({ entry, found: [record('t2'), record('t3')] })).toMatchObject({
      kind: 'settled',
      result: { outcome: 'created', targetId: 't1' },
    });
  });

  it.each([
    ['skipped', 'create_only', 'exists_in_target'],
    ['unchanged', 'match_and_keep', null],
  ] as const)('decides %s anew, so that its reason is not lost', (outcome, policy, reason) => {
    const entry = { state: 'done', targetId: 't1', outcome } as const;
    expect(decide({ entry, found: [record('t1')], policy }, false)).toMatchObject({
      kind: 'settled',
      result: { outcome, reason, targetId: 't1' },
    });
  });

  it('looks for no second record where it made none', () => {
    expect(decide({ found: [record('t1', '7'), record('t2', '7')] }, false)).toMatchObject({
      result: { outcome: 'unchanged', lookAgain: false },
    });
  });

  it('calls created what bears the marker after a create whose reply was lost', () => {
    const entry = { state: 'intended', targetId: null, outcome: 'created' } as const;
    expect(decide({ entry, found: [record('t1', '7')] })).toMatchObject({
      kind: 'settled',
      result: { outcome: 'created', targetId: 't1', lookAgain: true },
    });
  });

  it('calls updated what was being changed when its worker was lost, though nothing is left to change', () => {
    const entry = { state: 'intended', targetId: 't1', outcome: 'updated' } as const;
    expect(decide({ entry, found: [record('t1', '7')] }, false)).toMatchObject({
      kind: 'settled',
      result: { outcome: 'updated', targetId: 't1' },
    });
  });

  it('never guesses between several records of the target', () => {
    expect(decide({ found: [record('t1'), record('t2')] })).toMatchObject({
      result: { outcome: 'failed', reason: 'ambiguous_match' },
    });
  });

  it('takes the one that bears the marker, though another record holds the key', () => {
    expect(decide({ found: [record('t2'), record('t1', '7')] }, false)).toMatchObject({
      result: { outcome: 'unchanged', targetId: 't1' },
    });
  });

  it('shares the record of another source record that this job has loaded, and only adds to it', () => {
    const policies: string[] = [];
    const step = decide({
      policy: 'match_and_overwrite',
      found: [record('t1', '3')],
      isOurs: id => id === '3',
      change: (_outgoing, _existing, policy) => {
        policies.push(policy);
        return change;
      },
    });
    expect(step).toMatchObject({ kind: 'update', result: { outcome: 'merged', mergedInto: '3', targetId: 't1' } });
    expect(policies).toEqual(['match_and_fill_empty']);
  });

  it('shares the record that another source record holds by the ledger, whatever marker it bears by now', () => {
    for (const found of [record('t1'), record('t1', '99'), record('t1', '7')]) {
      expect(decide({ found: [found], heldBy: id => (id === 't1' ? '3' : undefined) })).toMatchObject({
        kind: 'update',
        result: { outcome: 'merged', mergedInto: '3', targetId: 't1' },
      });
    }
  });

  it('updates, leaves or skips what the target held before, as the policy says', () => {
    const found = [record('t1')];
    expect(decide({ found })).toMatchObject({ kind: 'update', result: { outcome: 'updated' } });
    expect(decide({ found }, false)).toMatchObject({ kind: 'settled', result: { outcome: 'unchanged' } });
    expect(decide({ found, policy: 'create_only' })).toMatchObject({
      kind: 'settled',
      result: { outcome: 'skipped', reason: 'exists_in_target' },
    });
  });
});
