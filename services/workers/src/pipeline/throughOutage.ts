import { sleep } from '@freight/kernel';
import { isTransient } from '@freight/postgres';

const pauseMs = 200;

/**
 * Repeats a transaction while Postgres is away, for so long at most: what a batch has done must not be forgotten, nor the batch be kept until its
 * lease runs out, because the server was started anew. Only for what may run twice: the first commit may have come through unheard.
 * @throws the last error when the time is over, and any other at once.
 */
export const throughOutage = async <T>(patienceMs: number, work: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || performance.now() >= deadline) throw error;
      await sleep(pauseMs);
    }
  }
};
