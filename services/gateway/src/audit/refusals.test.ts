import type { NewAuditEntry } from '@freight/audit';
import { describe, expect, it } from 'vitest';
import { startRefusals, type Tenants } from './refusals.ts';

const refusal = (over: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  requestedAt: new Date('2026-11-23T10:00:00Z'),
  actorKind: 'tenant',
  actorId: 'k',
  source: '203.0.113.7',
  operation: 'createJob',
  resourceKind: 'job',
  resourceId: null,
  outcome: 'refused',
  status: 403,
  code: 'forbidden',
  ...over,
});

const setUp = (options: { distinctMax?: number; waitingMax?: number } = {}) => {
  const written: { tenants: Tenants; entries: readonly NewAuditEntry[] }[] = [];
  const state = { away: false, dropped: 0, errors: 0 };
  const refusals = startRefusals({
    // Nothing is written by the clock here, only by `stop`.
    windowMs: 1_000_000,
    distinctMax: options.distinctMax ?? 10,
    waitingMax: options.waitingMax ?? 100,
    write: (tenants, entries) => {
      if (state.away) return Promise.reject(new Error('away'));
      written.push({ tenants, entries });
      return Promise.resolve();
    },
    onDropped: count => (state.dropped += count),
    onError: () => state.errors++,
  });
  const note = (of: string, over: Partial<NewAuditEntry> = {}) =>
    refusals.note({ caller: of, subject: of }, refusal(over));
  const countOf = (tenantId: string) =>
    written
      .filter(({ tenants }) => tenants.subject === tenantId)
      .flatMap(({ entries }) => entries)
      .reduce((sum, { count = 1 }) => sum + count, 0);
  return { refusals, note, written, state, countOf };
};

describe('refusals', () => {
  it('that are equal are one entry with their number, and each tenant has its own', async () => {
    const { refusals, note, written } = setUp();
    for (let n = 0; n < 5; n++) note('a');
    note('a', { operation: 'deleteJob' });
    note('b');
    await refusals.stop();
    expect(
      written.map(({ tenants, entries }) => [tenants.subject, entries.map(one => [one.operation, one.count])]),
    ).toEqual([
      [
        'a',
        [
          ['createJob', 5],
          ['deleteJob', 1],
        ],
      ],
      ['b', [['createJob', 1]]],
    ]);
  });

  it('that a flood makes all different are counted by key and code, and none is lost', async () => {
    const { refusals, note, written, countOf } = setUp({ distinctMax: 10 });
    for (let n = 0; n < 10_000; n++) note('a', { resourceId: String(n), source: `198.51.100.${n}` });
    note('b');
    await refusals.stop();
    const [flood] = written;
    expect(flood?.entries).toHaveLength(11);
    expect(flood?.entries.at(-1)).toMatchObject({
      actorId: 'k',
      code: 'forbidden',
      source: null,
      resourceId: null,
      count: 9_990,
    });
    expect([countOf('a'), countOf('b')]).toEqual([10_000, 1]);
  });

  it('that have no room any more are dropped and counted, and what is there is kept', async () => {
    const { refusals, note, state, countOf } = setUp({ waitingMax: 3 });
    for (const of of ['a', 'b', 'c', 'd', 'a', 'd']) note(of);
    await refusals.stop();
    expect(state.dropped).toBe(2);
    expect([countOf('a'), countOf('b'), countOf('c'), countOf('d')]).toEqual([2, 1, 1, 0]);
  });

  it('that cannot be written at the end are counted as dropped', async () => {
    const { refusals, note, state } = setUp();
    state.away = true;
    for (let n = 0; n < 5; n++) note('a');
    await refusals.stop();
    expect(state).toEqual({ away: true, dropped: 5, errors: 1 });
  });
});
