/** Counts wrong keys by where they came from, and says how long the next wrong one is to be held up. Bounded and forgetful. */
export interface Failures {
  /** @returns how long to wait before this failure is answered, milliseconds. */
  record(source: string): number;
}

const forgetAfterMs = 60_000;
const firstDelayMs = 20;
const delayMaxMs = 1000;

export const createFailures = (options: { readonly sourcesMax: number; readonly clock?: () => number }): Failures => {
  const clock = options.clock ?? (() => performance.now());
  const sources = new Map<string, { count: number; at: number }>();
  return {
    record: source => {
      const now = clock();
      const before = sources.get(source);
      const count = before && now - before.at < forgetAfterMs ? before.count + 1 : 1;
      sources.delete(source);
      sources.set(source, { count, at: now });
      const oldest = sources.keys().next();
      if (sources.size > options.sourcesMax && !oldest.done) sources.delete(oldest.value);
      return Math.min(delayMaxMs, firstDelayMs * 2 ** Math.min(20, count - 1));
    },
  };
};
