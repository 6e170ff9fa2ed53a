import { createClient } from '../http.ts';
import { type BenchRow, compare, percentile, type Round } from '../row.ts';
import type { Door } from './door.ts';

const rounds = 10;
const requestsPerRound = 300;

const authorization = (key: string) => ({ authorization: `Bearer ${key}` });

/**
 * What a key that is remembered adds to a request: the same route of two gateways in one process, one of which looks at no key, in turns, one
 * request after the other.
 */
export const measureCached = async (
  [withKeys = '', withoutKeys = '']: readonly string[],
  key: string,
): Promise<BenchRow> => {
  const [ours, theirs] = [createClient(withKeys), createClient(withoutKeys)];
  const one = async (client: typeof ours): Promise<number> => {
    const { status, ms } = await client.get('/v1/jobs', authorization(key));
    if (status !== 200) throw new Error(`A request was answered ${status}`);
    return ms;
  };
  try {
    for (let i = 0; i < requestsPerRound; i++) for (const client of [ours, theirs]) await one(client);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      const samples = { ours: [] as number[], theirs: [] as number[] };
      for (let i = 0; i < requestsPerRound; i++) {
        // Neither side always comes second.
        if (i % 2 === 0) samples.ours.push(await one(ours));
        samples.theirs.push(await one(theirs));
        if (i % 2 === 1) samples.ours.push(await one(ours));
      }
      measured.push(samples);
    }
    const facts = {
      name: 'request with a remembered key, p50, ms',
      beside: 'the same route without authentication',
      mark: 'less than 1 ms more',
    };
    return compare(facts, measured, 0.5, (mine, other) => mine - other < 1);
  } finally {
    ours.close();
    theirs.close();
  }
};

/** Whether hashing holds up the event loop: many keys are shown for the first time while timers are watched. */
export const measureEventLoop = async (door: Door, url: string, keys: readonly string[]): Promise<BenchRow> => {
  const client = createClient(url);
  try {
    const first = await client.get('/v1/jobs', authorization(keys[0] ?? ''));
    const hashMs: number[] = [first.ms];
    const { maxMs } = await door.eventLoopDelayDuring(async () => {
      for (const key of keys.slice(1)) {
        const { status, ms } = await client.get('/v1/jobs', authorization(key));
        if (status !== 200) throw new Error(`A new key was answered ${status}`);
        hashMs.push(ms);
      }
    });
    const theirs = percentile(hashMs, 0.5);
    const ratio = Number((maxMs / theirs).toPrecision(4));
    return {
      name: 'longest delay of the event loop while keys are verified, ms',
      beside: 'first use of a key, p50, ms',
      ours: Number(maxMs.toPrecision(4)),
      theirs: Number(theirs.toPrecision(4)),
      ratio,
      mark: 'at most half: no hash runs on the event loop',
      met: ratio <= 0.5,
      spread: [ratio, ratio],
    };
  } finally {
    client.close();
  }
};
