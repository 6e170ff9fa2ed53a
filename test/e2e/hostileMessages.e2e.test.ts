/** Messages on every subject, bent in every way: none ends a service, spins, or goes where it should not; what is no message of ours is parked. */
import { readFileSync } from 'node:fs';
import type { Platform } from '@freight/cli/platform';
import { jobCommands, streams, tenantCommands, workerCommands } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import fc from 'fast-check';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { fuzzCases, fuzzSeed, howToReplay } from '../hostile/fuzzSettings.ts';
import { type HostileMessage, hostileMessage } from '../hostile/messages.ts';
import { createTenant } from '../hostile/round.ts';
import { openAdmin, privateNats, startTestPlatform } from './platform.ts';

const cases = fuzzCases(6_000);
const batchLength = 50;
const batchesOfRound = 20;

let platform: Platform;
let admin: postgres.Sql;
let nc: NatsConnection;
let manager: JetStreamManager;
let canary: { key: string };
const notices: string[] = [];

beforeAll(async () => {
  platform = await startTestPlatform({
    workers: 1,
    sandbox: false,
    settings: {
      // What the gateway publishes again would hide what became of the message.
      gateway: { FREIGHT_BCRYPT_COST: '4', FREIGHT_COMMAND_SWEEP_MS: '600000' },
    },
    onNotice: message => notices.push(message),
  });
  admin = openAdmin(platform);
  nc = await connect(asUser(privateNats(platform)));
  manager = await jetstreamManager(nc);
  canary = await createTenant({ gateway: platform.urls.gateway, operatorKey: platform.operatorKey });
}, 120_000);
afterAll(async () => {
  await nc?.close();
  await admin?.end();
  await platform?.stop();
});

/** Every durable of ours with what waits in it and what was delivered. */
const readQueues = async () => {
  const queues: { name: string; waiting: number; delivered: number; from: number }[] = [];
  for (const stream of [streams.commands, streams.work]) {
    for await (const info of manager.consumers.list(stream)) {
      const { num_pending, num_ack_pending, delivered } = info;
      queues.push({
        name: info.name,
        waiting: num_pending + num_ack_pending,
        delivered: delivered.consumer_seq,
        from: delivered.stream_seq,
      });
    }
  }
  return queues;
};

const logLines = (level: 'error' | 'warn'): readonly string[] =>
  platform.services.flatMap(one =>
    readFileSync(one.logFile, 'utf8')
      .split('\n')
      .filter(line => line.includes(`"level":"${level}"`)),
  );

const ask = async (method: string, path: string, body?: object, key = canary.key) => {
  const response = await fetch(platform.urls.gateway + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as { id: string; secret: string } };
};

/** Good requests in between: a key is made, used, and revoked. @returns how long it lived after that, milliseconds. */
const lifeOfRevokedKey = async (): Promise<number> => {
  const { status, body } = await ask('POST', '/v1/api-keys', { label: 'short-lived' });
  expect(status).toBe(201);
  expect((await ask('GET', '/v1/jobs', undefined, body.secret)).status).toBe(200);
  expect((await ask('DELETE', `/v1/api-keys/${body.id}`)).status).toBe(204);
  const revokedAt = performance.now();
  while ((await ask('GET', '/v1/jobs', undefined, body.secret)).status !== 401) await sleep(10);
  return performance.now() - revokedAt;
};

/** Ids that exist, for the symbols of a round's messages. */
interface Ids {
  readonly tenantId: string;
  /** How many revocations there were when the round began. */
  readonly position: number;
  /** By type, with underlines for its hyphens. */
  readonly pending: Readonly<Record<string, readonly string[]>>;
}

const commandTypes = [
  ...Object.keys(tenantCommands).map(type => ({ service: 'tenants', type })),
  ...Object.keys(jobCommands).map(type => ({ service: 'jobs', type })),
  ...Object.keys(workerCommands).map(type => ({ service: 'workers', type })),
];

const facts = (tenantId: string) => ({
  tenant_id: tenantId,
  subject_tenant_id: tenantId,
  fingerprint: Buffer.alloc(1),
  sealed: Buffer.alloc(1),
});

/** A tenant with commands that wait for an answer, as the gateway records them. */
const prepareIds = async (): Promise<Ids> => {
  const { id: tenantId } = await createTenant({ gateway: platform.urls.gateway, operatorKey: platform.operatorKey });
  const rows = commandTypes.flatMap(({ service, type }) =>
    Array.from({ length: 20 }, () => ({ ...facts(tenantId), id: newId(), service, type })),
  );
  await admin`insert into commands ${admin(rows)}`;
  const [row] = await admin<{ position: number }[]>`select position::int as position from revocation_position`;
  const pending = Object.groupBy(rows, ({ type }) => type.replaceAll('-', '_'));
  return {
    tenantId,
    position: row?.position ?? 0,
    pending: Object.fromEntries(Object.entries(pending).map(([type, of = []]) => [type, of.map(one => one.id)])),
  };
};

const fill = (text: string, ids: Ids): string =>
  text.replace(/\{\{(\w+):(\d+)\}\}/g, (_, name: string, nth: string) => {
    if (name === 'tenantId') return ids.tenantId;
    if (name === 'position') return String(ids.position + Number(nth));
    if (name === 'now') return String(Date.now() + Number(nth) - 1000);
    const pending = ids.pending[name.replace('pending_', '')];
    if (pending) return pending[Number(nth) % pending.length] ?? '';
    return newId();
  });

const send = (message: HostileMessage, ids: Ids): void => {
  const data = Buffer.from(fill(message.data.toString('latin1'), ids), 'latin1');
  const lines = message.headers === undefined ? undefined : Buffer.from(fill(message.headers, ids), 'latin1');
  const subject = fill(message.subject, ids);
  // The client would refuse to write what others may send: it is given the bytes.
  const headers = lines && ({ encode: () => lines } as unknown as MsgHdrs);
  const room = 1024 * 1024 - (lines?.length ?? 0);
  nc.publish(subject, data.subarray(0, room), headers ? { headers } : {});
};

describe('hostile messages', () => {
  it('are parked or dropped, and the next good one is served', { timeout: 1_200_000 }, async () => {
    const strays: string[] = [];
    let longestLife = 0;
    const spy = nc.subscribe('freight.>', {
      callback: (_, message) => {
        const text = message.string();
        // A reply has no business on a subject of ours.
        if (/^\{"commandId":"[0-9a-f-]{36}","status":\d+,"body":/.test(text))
          strays.push(`${message.subject}: ${text}`);
      },
    });
    const began = performance.now();
    let tried = 0;
    for (let round = 0; tried < cases; round++) {
      const seed = fuzzSeed + round;
      const ids = await prepareIds();
      const batch = fc.array(hostileMessage, { minLength: batchLength, maxLength: batchLength });
      const batches = fc.sample(batch, { seed, numRuns: batchesOfRound });
      for (const [i, messages] of batches.entries()) {
        for (const message of messages) send(message, ids);
        tried += messages.length;
        await nc.flush();
        // In the middle of it, and at the end.
        if (i === batches.length / 2) longestLife = Math.max(longestLife, await lifeOfRevokedKey());
      }
      longestLife = Math.max(longestLife, await lifeOfRevokedKey());
      expect([longestLife < 1000, notices], howToReplay(seed, 'hostileMessages')).toEqual([true, []]);
    }
    const seconds = (performance.now() - began) / 1000;
    await expect
      .poll(async () => (await readQueues()).filter(one => one.waiting > 0), { timeout: 120_000, interval: 500 })
      .toEqual([])
      .catch((error: unknown) => {
        throw new Error(logLines('error').slice(-5).join('\n').slice(0, 5000), { cause: error });
      });
    spy.unsubscribe();
    const queues = await readQueues();
    const dead = (await manager.streams.info(streams.dead)).state.messages;
    const [errors, warnings] = [logLines('error'), logLines('warn')];
    console.log(
      `hostile messages: ${tried} in ${seconds.toFixed(0)} s (seed ${fuzzSeed}); ${dead} parked; delivered ${queues.map(one => `${one.name} ${one.delivered}`).join(', ')}; log lines: ${errors.length} errors, ${warnings.length} warnings; a revoked key lived ${longestLife.toFixed(0)} ms at most`,
    );
    expect(tried).toBeGreaterThanOrEqual(cases);
    expect(strays).toEqual([]);
    expect(notices).toEqual([]);
    // What a schema lets through and nothing can store is tried a few times, and said each time.
    expect(errors.filter(line => !line.includes('could not be handled'))).toEqual([]);
    expect(errors.length + warnings.length).toBeLessThan(tried / 20);
    for (const { name, delivered, from } of queues) expect([name, delivered <= from * 1.2 + 20]).toEqual([name, true]);
  });
});
