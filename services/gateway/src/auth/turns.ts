/** Runs tasks, some at a time; of those that wait the one with the smallest rank comes first, and among equals the first that came. */
export interface Turns {
  /** @param until when waiting is over, on the monotonic clock. @throws TooLateError when its turn has not come by then. */
  run<T>(rank: number, until: number, task: () => Promise<T>): Promise<T>;
}

/** A turn did not come in time. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

interface Waiter {
  readonly rank: number;
  readonly until: number;
  readonly begin: () => void;
  readonly giveUp: () => void;
}

export const createTurns = (concurrency: number, clock: () => number = () => performance.now()): Turns => {
  let free = concurrency;
  /** Ordered by rank; of equal ranks in the order of their coming. */
  let waiting: Waiter[] = [];

  const placeOf = (rank: number): number => {
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((waiting[middle]?.rank ?? 0) <= rank) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /** Those whose time is over are told with every turn: a turn takes less time than anybody waits. */
  const giveUpLate = (): void => {
    const now = clock();
    for (const one of waiting) if (one.until < now) one.giveUp();
    waiting = waiting.filter(one => one.until >= now);
  };

  const enter = (rank: number, until: number): Promise<void> => {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise((begin, reject) => {
      const giveUp = () => reject(new TooLateError('The turn did not come in time'));
      waiting.splice(placeOf(rank), 0, { rank, until, begin, giveUp });
    });
  };

  return {
    run: async (rank, until, task) => {
      await enter(rank, until);
      try {
        return await task();
      } finally {
        giveUpLate();
        const next = waiting.shift();
        if (next) next.begin();
        else free++;
      }
    },
  };
};
