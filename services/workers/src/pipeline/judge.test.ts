import { describe, expect, it } from 'vitest';
import type { TargetRecord } from '../connectors/connector.ts';
import { judge } from './settle.ts';

const record = (id: string): TargetRecord => ({ id, sourceIds: ['7'], keys: [], values: {} });
const entry = { sourceId: '7', state: 'done', targetId: 'a', outcome: 'created', decided: true, waitMs: 0 } as const;

describe('looking again at a write in doubt', () => {
  it('removes what stands beside the record that the ledger names', () => {
    const verdict = judge(entry, [record('a'), record('b'), record('c')]);
    expect(verdict.surplus.map(one => one.id)).toEqual(['b', 'c']);
    expect(verdict.targetId).toBe('a');
  });

  it('removes nothing when the record that the ledger names is not among them', () => {
    expect(judge(entry, [record('b'), record('c')]).surplus).toEqual([]);
  });

  it('removes nothing beside a record that this job did not make', () => {
    expect(judge({ ...entry, outcome: 'updated' }, [record('a'), record('b')]).surplus).toEqual([]);
  });

  it('removes a record whose making was said to have failed', () => {
    const verdict = judge({ ...entry, state: 'intended', targetId: null }, [record('b')]);
    expect(verdict).toMatchObject({ surplus: [{ id: 'b' }], adopted: undefined, targetId: null });
  });

  it('takes the record that stands there for the outcome that nobody told, and removes a second one', () => {
    const verdict = judge({ ...entry, state: 'intended', targetId: null, decided: false }, [record('b'), record('c')]);
    expect(verdict.adopted).toMatchObject({ outcome: 'created', targetId: 'b' });
    expect(verdict.surplus.map(one => one.id)).toEqual(['c']);
  });

  it('leaves a record without an outcome when nothing stands there', () => {
    const verdict = judge({ ...entry, state: 'intended', targetId: null, decided: false }, []);
    expect(verdict).toEqual({ surplus: [], adopted: undefined, targetId: null });
  });

  it('says that the outcome of a change is not known, and removes nothing', () => {
    const verdict = judge({ ...entry, state: 'intended', outcome: 'updated', decided: false }, [record('a')]);
    expect(verdict).toMatchObject({ surplus: [], adopted: { outcome: 'updated', reason: 'outcome_unknown' } });
  });
});
