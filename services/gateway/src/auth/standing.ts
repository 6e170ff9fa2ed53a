/** What is known of who presents keys: how many wrong ones came from where, and who has shown a right one. Bounded and forgetful. */
export interface Standing {
  /** A wrong key. @returns how long to wait before it is answered, milliseconds. */
  failed(source: string): number;
  /** A right key. */
  succeeded(source: string, prefix: string): void;
  /**
   * Whose turn comes first where turns are scarce; the smaller the sooner. 0: who has shown a right key of this very prefix from there; then
   * by the wrong keys that came from there. So guessing from many places holds up nobody who was let in before.
   */
  rank(source: string, prefix: string): number;
}

const forgetFailuresMs = 60_000;
const forgetSuccessMs = 24 * 60 * 60 * 1000;
const firstDelayMs = 20;
const delayMaxMs = 1000;

/** Puts an entry last in the map's order, and drops the first when there are too many. */
const remember = <T>(map: Map<string, T>, key: string, value: T, most: number): void => {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > most && !oldest.done) map.delete(oldest.value);
};

export const createStanding = (options: { readonly entriesMax: number; readonly clock?: () => number }): Standing => {
  const clock = options.clock ?? (() => performance.now());
  const failures = new Map<string, { readonly count: number; readonly at: number }>();
  const successes = new Map<string, number>();
  const failuresOf = (source: string): number => {
    const entry = failures.get(source);
    return entry && clock() - entry.at < forgetFailuresMs ? entry.count : 0;
  };
  return {
    failed: source => {
      const count = failuresOf(source) + 1;
      remember(failures, source, { count, at: clock() }, options.entriesMax);
      return Math.min(delayMaxMs, firstDelayMs * 2 ** Math.min(20, count - 1));
    },
    succeeded: (source, prefix) => remember(successes, `${source} ${prefix}`, clock(), options.entriesMax),
    rank: (source, prefix) => {
      const at = successes.get(`${source} ${prefix}`);
      return at !== undefined && clock() - at < forgetSuccessMs ? 0 : 1 + failuresOf(source);
    },
  };
};
