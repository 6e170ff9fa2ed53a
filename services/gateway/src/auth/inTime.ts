import { FreightError, sleep } from '@freight/kernel';

/** Longest wait for Postgres where a key is judged, a connection's included, milliseconds. */
const answerWaitMs = 2000;
const tooLate = Symbol('too late');

/** @throws FreightError `keys_unknown`, retryable, when Postgres says nothing in time: a server that hangs is as good as one that is away. */
export const inTime = async <T>(asking: Promise<T>): Promise<T> => {
  const waiting = new AbortController();
  try {
    const first = await Promise.race([asking, sleep(answerWaitMs, waiting.signal).then(() => tooLate)]);
    if (first === tooLate) {
      throw new FreightError('Postgres does not answer whose key it is', { code: 'keys_unknown', retry: 'retryable' });
    }
    return first as T;
  } finally {
    waiting.abort();
  }
};
