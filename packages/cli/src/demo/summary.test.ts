import { describe, expect, it } from 'vitest';
import { findMiscounts } from './summary.ts';

const none = { read: 0, created: 0, updated: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };
const counts = {
  organizations: { ...none, read: 5, created: 3, merged: 1, failed: 1 },
  persons: none,
  opportunities: none,
};
const source = { organizations: 5, persons: 0, opportunities: 0 };
const marked = { organizations: 3, persons: 0, opportunities: 0 };

describe('the counts', () => {
  it('add up', () => {
    expect(findMiscounts(counts, source, marked)).toEqual([]);
  });
  it.each([
    ['a record that was never read', counts, { ...source, organizations: 6 }, marked],
    ['a record without an outcome', { ...counts, persons: { ...none, read: 1 } }, { ...source, persons: 1 }, marked],
    ['a record that is not at the target', counts, source, { ...marked, organizations: 2 }],
  ])('tell of %s', (_, ownCounts, sourceCounts, markedCounts) => {
    expect(findMiscounts(ownCounts, sourceCounts, markedCounts)).toHaveLength(1);
  });
});
