import type { BucketRate, BucketVerdict } from '@freight/lease';

/**
 * A token bucket in this process, for the time that Redis is away: the same algorithm as the shared one (the moment at which the bucket
 * is full again), so each gateway then allows the tenant's rate by itself.
 */
export const createLocalBuckets = (clock: () => number = () => performance.now()) => {
  const fullAt = new Map<string, number>();
  const keysMax = 10_000;
  return {
    take: (key: string, rate: BucketRate): BucketVerdict => {
      const now = clock();
      const interval = 1000 / rate.perSecond;
      const size = rate.burst * interval;
      const full = Math.max(now, fullAt.get(key) ?? now);
      const next = full + interval;
      const over = next - size - now;
      fullAt.delete(key);
      fullAt.set(key, over > 0.5 ? full : next);
      const oldest = fullAt.keys().next();
      if (fullAt.size > keysMax && !oldest.done) fullAt.delete(oldest.value);
      if (over > 0.5) return { taken: false, remaining: 0, waitMs: Math.ceil(over) };
      return { taken: true, remaining: Math.floor((size - (next - now)) / interval), waitMs: Math.ceil(next - now) };
    },
  };
};
