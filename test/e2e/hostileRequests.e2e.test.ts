/** Requests made from the OpenAPI document and bent in every way: the gateway answers what it declares, stays up, and stays small. */
import { readFileSync } from 'node:fs';
import type { Platform } from '@freight/cli/platform';
import { platformTenantId, streams } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { type OpenApi, readOpenApi } from '../hostile/document.ts';
import { fuzzCases, fuzzSeed, howToReplay } from '../hostile/fuzzSettings.ts';
import { judgeAnswer } from '../hostile/judge.ts';
import { type HostileRequest, hostileRequest } from '../hostile/requests.ts';
import { createTenant, type Round, startRound } from '../hostile/round.ts';
import { openWire, type Wire, type WireResult } from '../hostile/wire.ts';
import { openAdmin, privateNats, startTestPlatform } from './platform.ts';

const cases = fuzzCases(16_000);
/** Rounds at once, so that one slow answer holds up few. */
const lanes = 4;
const wiresOfLane = 3;
const batchLength = 16;
const batchesOfRound = 40;
/** What the gateway may grow by, once it is warm. Bytes. */
const growthMax = 150 * 1024 * 1024;

let platform: Platform;
let openApi: OpenApi;
let port: number;
const opened: Wire[] = [];
let canary: { id: string; key: string };
const notices: string[] = [];

beforeAll(async () => {
  platform = await startTestPlatform({
    workers: 1,
    // As much memory as the manifests give it: what grows without a bound ends the process.
    settings: { gateway: { FREIGHT_BCRYPT_COST: '4', NODE_OPTIONS: '--max-old-space-size=160' } },
    onNotice: message => notices.push(message),
  });
  const admin = openAdmin(platform);
  await admin`
    update tenants set settings = settings || '{"requestsPerSecond":10000,"requestBurst":10000}' where id = ${platformTenantId}`;
  await admin.end();
  openApi = readOpenApi(JSON.parse(await (await fetch(`${platform.urls.gateway}/openapi.json`)).text()));
  port = Number(new URL(platform.urls.gateway).port);
  canary = await createTenant({ gateway: platform.urls.gateway, operatorKey: platform.operatorKey });
}, 120_000);
afterAll(async () => {
  for (const wire of opened) wire.close();
  await platform?.stop();
});

const memoryOf = (name: string): number => {
  const { pid } = platform.service(name);
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
};

/** 503s that a repeat did not get: the machine's, not the request's. */
let excused = 0;

/** Sends one; what was only too busy is asked once more. */
const ask = async (
  wire: Wire,
  request: HostileRequest,
  round: Round,
): Promise<{ result: WireResult; target: string }> => {
  const { bytes, target } = round.bytesOf(request);
  const result = await wire.ask(bytes, request.method);
  if (typeof result !== 'object' || result.status !== 503) return { result, target };
  excused++;
  await sleep(1000);
  return { result: await wire.ask(bytes, request.method), target };
};

const statuses = new Map<number, number>();
/** Operations that a request came through to. */
const reached = new Set<string>();

const tryOne = async (wire: Wire, request: HostileRequest, round: Round): Promise<void> => {
  const { result, target } = await ask(wire, request, round).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${round.show(request)}`);
  });
  if (typeof result !== 'object') throw new Error(`${result}\n${round.show(request)}`);
  statuses.set(result.status, (statuses.get(result.status) ?? 0) + 1);
  const complaint = judgeAnswer(openApi, { method: request.method, target }, result);
  if (complaint !== undefined) throw new Error(`${result.status}: ${complaint}\n${round.show(request)}`);
  if (result.status < 300) reached.add(request.operation.id);
  round.learn(request, result);
};

const tryBatch = async (requests: readonly HostileRequest[], round: Round, wires: readonly Wire[]): Promise<void> => {
  const left = [...requests];
  const results = await Promise.allSettled(
    wires.map(async wire => {
      for (let next = left.shift(); next; next = left.shift()) await tryOne(wire, next, round);
    }),
  );
  const failed = results.find(one => one.status === 'rejected');
  if (failed) throw failed.reason;
};

const askCanary = async (): Promise<number> =>
  (await fetch(`${platform.urls.gateway}/v1/jobs`, { headers: { authorization: `Bearer ${canary.key}` } })).status;

describe('a hostile request', () => {
  it('gets an answer that the OpenAPI document declares, and leaves nothing behind', {
    timeout: 1_200_000,
  }, async () => {
    const { urls, operatorKey } = platform;
    const arbitrary = hostileRequest(openApi, {
      baseUrl: [`${urls.sandbox}/affinity`, `${urls.sandbox}/attio`],
      apiKey: ['a', 'key with a space', 'é', 'line\nend', '\u{1F511}', 'k'.repeat(4096)],
    });
    const began = performance.now();
    let tried = 0;
    let round = 0;
    let warm: number | undefined;
    const spared = new Set([canary.id]);

    const runRound = async (seed: number, wires: readonly Wire[]): Promise<void> => {
      const state = await startRound({ gateway: urls.gateway, operatorKey, openApi, spared });
      const batch = fc.array(arbitrary, { minLength: batchLength, maxLength: batchLength });
      const property = fc.asyncProperty(batch, async requests => {
        tried += requests.length;
        await tryBatch(requests, state, wires);
      });
      const outcome = await fc.check(property, { seed, numRuns: batchesOfRound, endOnFailure: true });
      if (outcome.failed) {
        const { errorInstance: error } = outcome;
        throw new Error(
          `${error instanceof Error ? error.message : String(error)}\n\n${howToReplay(seed, 'hostileRequests')}`,
        );
      }
      expect(await askCanary()).toBe(200);
      warm ??= memoryOf('gateway');
    };

    const runLane = async (): Promise<void> => {
      const wires = Array.from({ length: wiresOfLane }, () => openWire(port));
      opened.push(...wires);
      while (tried < cases) await runRound(fuzzSeed + round++, wires);
    };
    // One round alone first: a replay is one round.
    await runRound(fuzzSeed + round++, [openWire(port)]);
    await Promise.all(Array.from({ length: lanes }, runLane));
    const grown = memoryOf('gateway') - (warm ?? 0);
    const seconds = (performance.now() - began) / 1000;
    const unreached = openApi.operations.map(({ id }) => id).filter(id => !reached.has(id));
    console.log(
      `hostile requests: ${tried} in ${seconds.toFixed(0)} s (seed ${fuzzSeed}); by status ${JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)))}; gateway grew by ${(grown / 1024 / 1024).toFixed(0)} MiB; ${excused} asked twice; never got through: ${unreached.join(', ') || 'none'}`,
    );
    expect(tried).toBeGreaterThanOrEqual(cases);
    expect(notices).toEqual([]);
    expect(excused).toBeLessThan(10);
    expect(grown).toBeLessThan(growthMax);

    const admin = openAdmin(platform);
    const pending = () => admin`select id, service, type from commands where state = 'pending'`;
    await expect.poll(async () => [...(await pending())], { timeout: 60_000, interval: 500 }).toEqual([]);
    await admin.end();
    const nc = await connect(asUser(privateNats(platform)));
    const manager = await jetstreamManager(nc);
    expect((await manager.streams.info(streams.dead)).state.messages).toBe(0);
    await nc.close();
    const complaints = platform.services
      .filter(one => one.name !== 'sandbox')
      .flatMap(one => readFileSync(one.logFile, 'utf8').split('\n'))
      .filter(line => line.includes('"level":"error"') || line.includes('"level":50'));
    expect(complaints).toEqual([]);
  });
});
