/** Runs tasks, some at a time; of those that wait the one with the smallest rank comes first, and among equals the first that came. */
export interface Turns {
  run<T>(rank: number, task: () => Promise<T>): Promise<T>;
}

export const createTurns = (concurrency: number): Turns => {
  let free = concurrency;
  /** Ordered by rank; of equal ranks in the order of their coming. */
  const waiting: { readonly rank: number; readonly begin: () => void }[] = [];

  const enter = (rank: number): Promise<void> => {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise(begin => {
      let [low, high] = [0, waiting.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((waiting[middle]?.rank ?? 0) <= rank) low = middle + 1;
        else high = middle;
      }
      waiting.splice(low, 0, { rank, begin });
    });
  };

  return {
    run: async (rank, task) => {
      await enter(rank);
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next.begin();
        else free++;
      }
    },
  };
};
