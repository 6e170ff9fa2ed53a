/** How long a revoked key lives, on two gateways under load. */
import { sleep } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type GatewayFixture, startGatewayFixture } from '../int/gatewayFixture.ts';
import { type Cable, layCable } from '../int/revocationCable.ts';
import { makeKey, quick, use, useToTheEnd } from '../int/revocationUse.ts';

const revocations = 200;
const atOnce = 8;
const requestsPerSecond = 100;

let f: GatewayFixture;
let other: { api: Api; stop(): Promise<void> };
let cable: Cable;
let tenant: { id: string; key: string };
let bystander: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture();
  cable = await layCable(f.nats.url);
  other = await f.another({ FREIGHT_NATS_URL: cable.through(f.nats.url) });
  tenant = await f.tenant(quick);
  bystander = await f.tenant(quick);
});
afterAll(async () => {
  cable.mend();
  await other.stop();
  await cable.close();
  await f.stop();
});

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

const inWords = (what: string, values: readonly number[]): string =>
  `${what}: ${values.length} measured, p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms, longest ${Math.max(...values).toFixed(1)} ms`;

/** Good requests of another tenant on both gateways, for as long as something runs. */
const underLoad = async <T>(work: () => Promise<T>): Promise<{ result: T; statuses: ReadonlyMap<number, number> }> => {
  const statuses = new Map<number, number>();
  let isOver = false;
  const inHand = new Set<Promise<void>>();
  const load = (async () => {
    for (let n = 0; !isOver; n++) {
      const task = use(n % 2 === 0 ? f.api : other.api, bystander.key).then(status => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      });
      inHand.add(task);
      void task.finally(() => inHand.delete(task));
      await sleep(1000 / requestsPerSecond);
    }
    await Promise.all(inHand);
  })();
  try {
    return { result: await work(), statuses };
  } finally {
    isOver = true;
    await load;
  }
};

/** Revokes keys, several at once. @returns how long after its 2xx each was refused first, by gateway. */
const revokeMany = async (count: number): Promise<{ first: number[]; second: number[]; takenTooLate: number }> => {
  const [first, second]: [number[], number[]] = [[], []];
  let takenTooLate = 0;
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const key = await makeKey(f, tenant.key, [f.api, other.api]);
      const revoked = await f.api.call('DELETE', `/v1/api-keys/${key.id}`, { key: tenant.key });
      expect(revoked.status).toBe(204);
      const since = performance.now();
      const ends = await Promise.all(
        [f.api, other.api].map(api => useToTheEnd(api, key.secret, since, { forMs: 20, everyMs: 2 })),
      );
      first.push(ends[0]?.refusedAfterMs ?? Number.NaN);
      second.push(ends[1]?.refusedAfterMs ?? Number.NaN);
      takenTooLate += ends.filter(one => one.takenAfterMs > one.refusedAfterMs).length;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { first, second, takenTooLate };
};

describe('a revoked key', () => {
  it(`is refused within a second, ${revocations} times of ${revocations}, and never taken after that`, async () => {
    const { result, statuses } = await underLoad(() => revokeMany(revocations));
    console.log(inWords('the gateway that was asked', result.first));
    console.log(inWords('the other gateway', result.second));
    console.log(`good requests meanwhile: ${JSON.stringify([...statuses])}`);
    expect(percentile(result.first, 0.99)).toBeLessThan(1000);
    expect(percentile(result.second, 0.99)).toBeLessThan(1000);
    expect(result.takenTooLate).toBe(0);
    expect([...statuses.keys()]).toEqual([200]);
  });

  it('is refused within a second by a gateway that hears nothing any more', async () => {
    cable.cut();
    const { result, statuses } = await underLoad(() => revokeMany(20));
    console.log(inWords('a gateway without the broker', result.second));
    expect(Math.max(...result.second)).toBeLessThan(1000);
    expect(result.takenTooLate).toBe(0);
    expect([...statuses.keys()]).toEqual([200]);
  });

  it('is refused within a second at the moment of the cut', async () => {
    const times: number[] = [];
    for (let n = 0; n < 6; n++) {
      cable.mend();
      const key = await makeKey(f, tenant.key, [f.api, other.api]);
      // The client comes back after half a second at most; then the heartbeats are heard again.
      await sleep(1500);
      expect(await use(other.api, key.secret)).toBe(200);
      cable.cut();
      expect((await f.api.call('DELETE', `/v1/api-keys/${key.id}`, { key: tenant.key })).status).toBe(204);
      times.push((await useToTheEnd(other.api, key.secret, performance.now())).refusedAfterMs);
    }
    console.log(inWords('cut at that moment', times));
    expect(Math.max(...times)).toBeLessThan(1000);
  });
});
