import { describe, expect, it } from 'vitest';
import { compare, percentile } from './row.ts';

const facts = { name: 'time, ms', beside: 'another', mark: 'at most twice' };

describe('a measured row', () => {
  it('compares the medians of the rounds, and tells how far the rounds lie apart', () => {
    const rounds = [
      { ours: [2, 2, 9], theirs: [1, 1, 9] },
      { ours: [90, 90, 90], theirs: [1, 1, 9] },
      { ours: [3, 3, 9], theirs: [1, 1, 9] },
    ];
    expect(compare(facts, rounds, 0.5, (ours, theirs) => ours <= 2 * theirs)).toEqual({
      ...facts,
      ours: 3,
      theirs: 1,
      ratio: 3,
      met: false,
      spread: [2, 90],
    });
  });

  it('takes the nearest sample that a share lies at or below', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0.5, 0.99, 1, 0.001].map(share => percentile(samples, share))).toEqual([50, 99, 100, 1]);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });
});
