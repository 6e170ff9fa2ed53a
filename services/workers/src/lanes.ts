import type { Lane } from '@freight/contracts';

export interface WeightedLane {
  readonly lane: Lane;
  readonly weight: number;
}

/** Places for batches, shared by lanes. */
export interface LanePlaces {
  /** Waits for a place, runs the task in it, and gives it to the next. */
  run<T>(lane: Lane, task: () => Promise<T>): Promise<T>;
}

/**
 * Shares a fixed number of places among lanes: when one comes free and several lanes wait, each gets it in proportion to its weight
 * (smooth weighted round robin), so that no lane starves another.
 */
export const createLanePlaces = (places: number, lanes: readonly WeightedLane[]): LanePlaces => {
  let free = places;
  const queues = new Map(lanes.map(({ lane, weight }) => [lane, { weight, credit: 0, waiting: [] as (() => void)[] }]));

  const admitNext = (): void => {
    const waiting = [...queues.values()].filter(queue => queue.waiting.length > 0);
    let best: (typeof waiting)[number] | undefined;
    for (const queue of waiting) {
      queue.credit += queue.weight;
      if (!best || queue.credit > best.credit) best = queue;
    }
    if (!best) {
      free++;
      return;
    }
    best.credit -= waiting.reduce((sum, queue) => sum + queue.weight, 0);
    best.waiting.shift()?.();
  };

  return {
    run: async (lane, task) => {
      const queue = queues.get(lane);
      if (!queue) throw new Error(`This worker does not serve the lane ${lane}`);
      if (free > 0) free--;
      else await new Promise<void>(resolve => queue.waiting.push(resolve));
      try {
        return await task();
      } finally {
        admitNext();
      }
    },
  };
};
