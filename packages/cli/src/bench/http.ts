import { Agent, request } from 'node:http';
import { sleep } from '@freight/kernel';

/** One request and what became of it. */
export interface Shot {
  readonly status: number;
  /** From the moment at which it was to be sent until its answer was read, milliseconds. */
  readonly ms: number;
}

export interface Client {
  /** @param since when it was to be sent, on the monotonic clock; now unless given. */
  get(path: string, headers: Readonly<Record<string, string>>, since?: number): Promise<Shot>;
  close(): void;
}

/** Connections are kept, as a client's library does. */
export const createClient = (url: string): Client => {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    get: (path, headers, since = performance.now()) =>
      new Promise((resolve, reject) => {
        const call = request(url + path, { agent, headers }, response => {
          response.resume();
          response.once('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - since }));
          response.once('error', reject);
        });
        call.once('error', reject);
        call.end();
      }),
    close: () => agent.destroy(),
  };
};

/**
 * Begins so many shots a second for a time, whether or not the ones before have come back: who waits would not see that others had to. A shot
 * counts from the moment at which it was due.
 */
export const fire = async (
  perSecond: number,
  seconds: number,
  shoot: (since: number, index: number) => Promise<Shot>,
): Promise<readonly Shot[]> => {
  const began = performance.now();
  const shots: Promise<Shot>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = began + (index * 1000) / perSecond;
    const waitMs = due - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    shots.push(shoot(due, index));
  }
  return Promise.all(shots);
};
