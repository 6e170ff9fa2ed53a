import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLocalBuckets } from './localBucket.ts';

it('gives the burst at once, then the rate', () => {
  let now = 0;
  const buckets = createLocalBuckets(() => now);
  const rate = { perSecond: 10, burst: 3 };
  const take = () => buckets.take('t', rate);
  expect([take(), take(), take()].map(one => [one.taken, one.remaining])).toEqual([
    [true, 2],
    [true, 1],
    [true, 0],
  ]);
  expect(take()).toEqual({ taken: false, remaining: 0, waitMs: 100 });
  now += 100;
  expect(take().taken).toBe(true);
  expect(take().taken).toBe(false);
  expect(buckets.take('other', rate).taken).toBe(true);
});

it('never gives more than burst and rate allow, however one asks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, burst) => {
        let now = 0;
        const buckets = createLocalBuckets(() => now);
        let taken = 0;
        for (const step of steps) {
          now += step;
          if (buckets.take('t', { perSecond: 10, burst }).taken) taken++;
          expect(taken).toBeLessThanOrEqual(burst + now / 100 + 0.01);
        }
      },
    ),
  );
});
