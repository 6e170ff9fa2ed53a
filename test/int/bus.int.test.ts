/** The bus over a nats-server of this file's own: streams have fixed names, and it is wiped and restarted. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ack,
  type Bus,
  type Consuming,
  connectBus,
  type Delivery,
  dead,
  leave,
  parseMessage,
  retryIn,
} from '@freight/bus';
import {
  type CloudEvent,
  type CommandEnvelope,
  natsHeaders,
  platformTenantId,
  streams,
  subjects,
  workMessage,
} from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import { type NatsServer, startNats } from '@freight/servers';
import { type JetStreamManager, jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { until } from './until.ts';

let nats: NatsServer & { close(): Promise<void> };
let bus: Bus;
let raw: NatsConnection;
let manager: JetStreamManager;
let consumers: Consuming[] = [];
let errors: unknown[] = [];
const tenantId = newId();

beforeAll(async () => {
  nats = await startNats({ dir: join(tmpdir(), 'freight-test-nats'), durable: false });
});
afterAll(() => nats.close());
beforeEach(async () => {
  await nats.wipe();
  errors = [];
  bus = await connectBus({
    url: nats.url,
    credentialsFile: nats.credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });
  raw = await connect({
    ...asUser(nats),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  });
  manager = await jetstreamManager(raw, { checkAPI: false });
  await bus.ensureTopology();
});
afterEach(async () => {
  await Promise.all(consumers.map(consumer => consumer.stop()));
  consumers = [];
  await bus.close();
  await raw.close();
});

const work = (over: Partial<ReturnType<typeof workMessage.parse>> = {}) => ({
  tenantId,
  jobId: newId(),
  batchId: newId(),
  kind: 'load' as const,
  issue: 1,
  ...over,
});

const consume = (
  handle: Parameters<Bus['consume']>[0]['handle'],
  more: Partial<Parameters<Bus['consume']>[0]> = {},
): Consuming => {
  const consuming = bus.consume({
    stream: streams.work,
    durable: 'work-default',
    filter: subjects.workOfLane('default'),
    ackWaitMs: 30_000,
    ackPendingMax: 1000,
    concurrency: 4,
    deliveriesMax: 3,
    destination: () => 'freight.work',
    handle,
    onError: error => errors.push(error),
    ...more,
  });
  consumers.push(consuming);
  return consuming;
};

const messagesIn = async (stream: string) => (await manager.streams.info(stream)).state.messages;
const lastDead = async (): Promise<StoredMsg> => {
  const info = await manager.streams.info(streams.dead);
  const message = await manager.streams.getMessage(streams.dead, { seq: info.state.last_seq });
  if (!message) throw new Error('no dead letter');
  return message;
};
const publishRaw = (subject: string, data: string | Uint8Array) =>
  jetstream(raw).publish(subject, data, { headers: headers() });

describe('a message of work', () => {
  it('arrives as it was sent, under its tenant’s subject, and goes when it is done', async () => {
    const got: Delivery[] = [];
    consume(delivery => {
      got.push(delivery);
      return Promise.resolve(ack);
    });
    const message = work();
    await bus.publishWork('default', message, undefined);
    await bus.publishWork('high', work(), undefined);
    await until('it arrives', () => got.length === 1);
    expect(got[0]).toMatchObject({ subject: `freight.work.default.${tenantId}.load`, deliveryCount: 1 });
    expect(parseMessage(got[0]?.data ?? new Uint8Array(), workMessage)).toEqual({ ok: true, value: message });
    expect(got[0]?.ageMs).toBeLessThan(5000);
    // The other lane's stays for who serves it.
    await until('it is gone', async () => (await messagesIn(streams.work)) === 1);
    expect(await bus.depth(streams.work, 'work-default')).toBe(0);
  });

  it('is swallowed as a repeat of the same issue, and arrives as a new one', async () => {
    const message = work();
    await bus.publishWork('default', message, undefined);
    await bus.publishWork('default', message, undefined);
    expect(await messagesIn(streams.work)).toBe(1);
    await bus.publishWork('default', { ...message, issue: 2 }, undefined);
    expect(await messagesIn(streams.work)).toBe(2);
  });

  it('comes again, later and later, when its handler throws, and goes when it succeeds', async () => {
    const counts: number[] = [];
    const times: number[] = [];
    consume(
      ({ deliveryCount }) => {
        counts.push(deliveryCount);
        times.push(performance.now());
        return deliveryCount < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(ack);
      },
      { deliveriesMax: 10 },
    );
    await bus.publishWork('default', work(), undefined);
    await until('it is done', async () => counts.length === 3 && (await messagesIn(streams.work)) === 0);
    expect(counts).toEqual([1, 2, 3]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(95);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(195);
    expect(errors.map(String)).toEqual(['Error: not yet', 'Error: not yet']);
    expect(await messagesIn(streams.dead)).toBe(0);
  });

  it('is put back for as long as its handler says, without counting as an error', async () => {
    const times: number[] = [];
    consume(() => {
      times.push(performance.now());
      return Promise.resolve(times.length === 1 ? retryIn(300) : ack);
    });
    await bus.publishWork('default', work(), undefined);
    await until('it comes again', () => times.length === 2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(290);
    expect(errors).toEqual([]);
  });

  it('that never ends is parked after so many deliveries, and not handled once more', async () => {
    let handled = 0;
    const message = work();
    consume(
      () => {
        handled++;
        return Promise.reject(new Error('never'));
      },
      { deliveriesMax: 2 },
    );
    await bus.publishWork('default', message, undefined);
    await until('it is parked', async () => (await messagesIn(streams.dead)) === 1);
    await until('it is gone', async () => (await messagesIn(streams.work)) === 0);
    expect(handled).toBe(2);
    const letter = await lastDead();
    expect(letter.header.get(natsHeaders.deadReason)).toBe('deliveries_exhausted');
    expect(letter.json()).toEqual(message);
  });

  it('that somebody else holds by now is left to him: no answer settles it', async () => {
    const counts: number[] = [];
    consume(
      ({ deliveryCount }) => {
        counts.push(deliveryCount);
        return Promise.resolve(deliveryCount === 1 ? leave : ack);
      },
      { ackWaitMs: 1000 },
    );
    await bus.publishWork('default', work(), undefined);
    await until('it comes again', () => counts.length === 2);
    expect(counts).toEqual([1, 2]);
  });

  it('is not delivered again while its handler says that it is at it', async () => {
    let deliveries = 0;
    consume(
      async delivery => {
        deliveries++;
        for (let i = 0; i < 8; i++) {
          await sleep(300);
          delivery.progress();
        }
        return ack;
      },
      { ackWaitMs: 1000 },
    );
    await bus.publishWork('default', work(), undefined);
    await until('it is done', async () => deliveries > 0 && (await messagesIn(streams.work)) === 0);
    expect(deliveries).toBe(1);
  });
});

describe('a bad message', () => {
  const bad: [string, string | Uint8Array, string][] = [
    ['that is not JSON', '{"tenantId":', 'not_json'],
    ['that is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'not_json'],
    ['of nothing', '', 'not_json'],
    ['of another shape', '{"tenantId":"a secret value"}', 'schema_mismatch'],
    ['that is no object', 'null', 'schema_mismatch'],
  ];
  it.each(bad)(
    '%s becomes a dead letter with its bytes and the reason, without any value in it, and is gone',
    async (_, data, reason) => {
      consume(delivery => {
        const parsed = parseMessage(delivery.data, workMessage);
        return Promise.resolve(parsed.ok ? ack : parsed.error);
      });
      const subject = subjects.work('default', tenantId, 'load');
      await publishRaw(subject, data);
      await until('it is gone', async () => (await messagesIn(streams.work)) === 0);
      const letter = await lastDead();
      expect(letter.subject).toBe(subjects.dead(tenantId, streams.work));
      expect(letter.header.get(natsHeaders.deadReason)).toBe(reason);
      expect(letter.header.get(natsHeaders.deadSubject)).toBe(subject);
      expect(letter.header.get(natsHeaders.deadDetail)).not.toContain('secret');
      expect(Buffer.from(letter.data)).toEqual(Buffer.from(data as string));
      expect(await messagesIn(streams.dead)).toBe(1);
    },
  );

  it('on a subject that names no tenant is kept under the platform’s', async () => {
    consume(() => Promise.resolve(dead('refused', 'line\r\nFreight-Dead-Reason: forged')));
    await publishRaw('freight.work.default.nobody.load', '{}');
    await until('it is parked', async () => (await messagesIn(streams.dead)) === 1);
    const letter = await lastDead();
    expect(letter.subject).toBe(subjects.dead(platformTenantId, streams.work));
    expect(letter.header.get(natsHeaders.deadReason)).toBe('refused');
    expect(letter.header.get(natsHeaders.deadDetail)).toBe('line Freight-Dead-Reason: forged');
  });

  it('as large as a message may be becomes a dead letter too: what has no room is cut off, and it says so', async () => {
    consume(() => Promise.resolve(dead('refused', 'x'.repeat(2000))));
    const largest = raw.info?.max_payload ?? 0;
    // What JetStream's own headers leave of it.
    await publishRaw(subjects.work('default', tenantId, 'load'), 'x'.repeat(largest - 40));
    await until('it is parked', async () => (await messagesIn(streams.dead)) === 1);
    await until('it is gone', async () => (await messagesIn(streams.work)) === 0);
    const letter = await lastDead();
    expect(letter.header.get(natsHeaders.deadReason)).toBe('refused');
    expect(letter.header.get(natsHeaders.deadCut)).toBe(String(largest - 40));
    expect(letter.data.length).toBeGreaterThan(largest - 5000);
  });

  it('that is large on a long subject has room for both as well', async () => {
    consume(() => Promise.resolve(dead('refused', '\u{1F600}'.repeat(500))));
    const largest = raw.info?.max_payload ?? 0;
    const subject = `${subjects.work('default', tenantId, 'load')}.${'x'.repeat(3700)}`;
    await publishRaw(subject, 'x'.repeat(largest - 4200));
    await until('it is parked', async () => (await messagesIn(streams.dead)) === 1);
    await until('it is gone', async () => (await messagesIn(streams.work)) === 0);
    expect((await lastDead()).header.get(natsHeaders.deadSubject)).toBe(subject);
  });
});

describe('a consumer', () => {
  it('handles so many at once, and no more', async () => {
    let running = 0;
    let most = 0;
    let done = 0;
    consume(
      async () => {
        most = Math.max(most, ++running);
        await sleep(20);
        running--;
        done++;
        return ack;
      },
      { concurrency: 3 },
    );
    await Promise.all(Array.from({ length: 30 }, () => bus.publishWork('default', work(), undefined)));
    await until('all are done', () => done === 30);
    expect(most).toBe(3);
  });

  it('goes on when the broker has lost everything, and when it was restarted', { timeout: 60_000 }, async () => {
    const got: string[] = [];
    consume(delivery => {
      got.push((JSON.parse(new TextDecoder().decode(delivery.data)) as { batchId: string }).batchId);
      return Promise.resolve(ack);
    });
    const send = async (): Promise<string> => {
      const message = work();
      await until(
        'it is taken',
        () =>
          bus.publishWork('default', message, undefined).then(
            () => true,
            () => false,
          ),
        20_000,
      );
      return message.batchId;
    };
    const first = await send();
    await until('the first arrives', () => got.includes(first));
    for (const end of [() => nats.wipe(), () => nats.restart(), () => nats.wipe()]) {
      await end();
      const id = await send();
      await until('one after it arrives', () => got.includes(id), 20_000);
    }
    expect(new Set(got).size).toBe(got.length);
  });

  it.each([0, 3000])(
    'goes on soon after a broker that died is back, having been away for %i ms',
    { timeout: 60_000 },
    async ms => {
      const got: string[] = [];
      consume(delivery => {
        got.push(delivery.subject);
        return Promise.resolve(ack);
      });
      await bus.publishWork('default', work(), undefined);
      await until('the first arrives', () => got.length === 1);
      await nats.kill();
      await until('the loss is noticed', () => !bus.isConnected());
      await sleep(ms);
      await nats.restart();
      await until('it is back', () => bus.isConnected());
      await bus.publishWork('default', work(), undefined);
      const begin = performance.now();
      await until('one after it arrives', () => got.length === 2, 30_000);
      expect(performance.now() - begin).toBeLessThan(3000);
    },
  );

  it('goes on when its durable or its stream was deleted', { timeout: 60_000 }, async () => {
    let got = 0;
    consume(() => {
      got++;
      return Promise.resolve(ack);
    });
    await bus.publishWork('default', work(), undefined);
    await until('the first arrives', () => got === 1);
    await manager.consumers.delete(streams.work, 'work-default');
    await bus.publishWork('default', work(), undefined);
    await until('one after the durable arrives', () => got === 2, 20_000);
    await manager.streams.delete(streams.work);
    await until(
      'one is taken again',
      () =>
        bus.publishWork('default', work(), undefined).then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await until('one after the stream arrives', () => got === 3, 20_000);
    await until('it is settled', async () => (await messagesIn(streams.work)) === 0);
    expect(got).toBe(3);
  });

  it('that stops settles what is at hand, takes nothing more and leaves nothing waiting for its answer', async () => {
    let started = 0;
    let ended = 0;
    const go = Promise.withResolvers<void>();
    const consuming = consume(
      async () => {
        started++;
        await go.promise;
        ended++;
        return ack;
      },
      { concurrency: 2 },
    );
    for (let i = 0; i < 20; i++) await bus.publishWork('default', work(), undefined);
    await until('some are at hand', () => started === 2);
    expect(consuming.handling).toBe(2);
    const stopped = consuming.stop();
    const whileAtIt = await Promise.race([stopped.then(() => 'stopped'), sleep(300).then(() => 'still at it')]);
    expect(whileAtIt).toBe('still at it');
    go.resolve();
    await stopped;
    expect([consuming.handling, ended]).toEqual([0, started]);
    await until('nothing waits for an answer', async () => {
      const info = await manager.consumers.info(streams.work, 'work-default');
      return info.num_ack_pending === 0;
    });
    // The rest is there for others, at once.
    const rest = await messagesIn(streams.work);
    expect(rest).toBe(20 - ended);
    let others = 0;
    consume(() => {
      others++;
      return Promise.resolve(ack);
    });
    await until('others take the rest', () => others === rest);
    expect(started).toBe(ended);
  });

  it('that stops waits for a single one at hand too', async () => {
    const go = Promise.withResolvers<void>();
    let started = false;
    const consuming = consume(async () => {
      started = true;
      await go.promise;
      return ack;
    });
    await bus.publishWork('default', work(), undefined);
    await until('it is at hand', () => started);
    const stopped = consuming.stop();
    expect(await Promise.race([stopped.then(() => 'stopped'), sleep(300).then(() => 'still at it')])).toBe(
      'still at it',
    );
    go.resolve();
    await stopped;
    await until('it is settled', async () => (await messagesIn(streams.work)) === 0);
  });

  it('that never could reach the broker’s streams stops too', async () => {
    const consuming = consume(() => Promise.resolve(ack), { stream: 'NO_SUCH_STREAM' });
    await until('it tries', () => errors.length > 0);
    await consuming.stop();
    expect(consuming.handling).toBe(0);
  });
});

describe('a command', () => {
  const envelope = (): CommandEnvelope => ({
    id: newId(),
    type: 'start-job',
    tenantId,
    callerTenantId: tenantId,
    actor: { kind: 'api-key', id: 'k' },
    issuedAt: new Date().toISOString(),
    body: { a: 1 },
  });

  it('brings the inbox where its reply is waited for, and its repeat is swallowed', async () => {
    const got: Delivery[] = [];
    consume(
      delivery => {
        got.push(delivery);
        bus.reply(delivery.replyTo ?? '', { commandId: command.id, status: 201, body: { b: 2 } });
        return Promise.resolve(ack);
      },
      { stream: streams.commands, durable: 'commands-jobs', filter: subjects.commandsOf('jobs') },
    );
    const command = envelope();
    const waiting = bus.awaitReply(command.id, 5000);
    await bus.publishCommand(command, 'jobs');
    await bus.publishCommand(command, 'jobs');
    expect(await waiting).toEqual({ commandId: command.id, status: 201, body: { b: 2 } });
    expect(JSON.parse(new TextDecoder().decode(got[0]?.data))).toEqual(command);
    await until('it is gone', async () => (await messagesIn(streams.commands)) === 0);
    expect(got).toHaveLength(1);
  });

  it('whose reply does not come in time, or is no reply, is answered by nothing', async () => {
    expect(await bus.awaitReply(newId(), 30)).toBeUndefined();
    for (const nonsense of ['{"status":"fine"}', 'not JSON']) {
      const command = envelope();
      const waiting = bus.awaitReply(command.id, 2000);
      await bus.publishCommand(command, 'jobs');
      const info = await manager.streams.info(streams.commands);
      const stored = await manager.streams.getMessage(streams.commands, { seq: info.state.last_seq });
      raw.publish(stored?.header.get(natsHeaders.replyTo) ?? '', nonsense);
      expect(await waiting).toBeUndefined();
    }
  });

  it('is told that nothing comes any more when the bus closes', async () => {
    const waiting = bus.awaitReply(newId(), 60_000);
    await bus.close();
    expect(await waiting).toBeUndefined();
  });
});

describe('an event', () => {
  const event = (): CloudEvent => ({
    specversion: '1.0',
    id: newId(),
    source: '/freight/jobs',
    type: 'freight.jobs.job-started',
    subject: newId(),
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    streamversion: 1,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data: { n: 1 },
  });

  it('is stored under its stream’s subject with the trace that caused it, once', async () => {
    const one = event();
    await bus.publishEvent('jobs', one, one.subject);
    await bus.publishEvent('jobs', one, one.subject);
    expect(await messagesIn(streams.events)).toBe(1);
    const stored = await manager.streams.getMessage(streams.events, { seq: 1 });
    expect(stored?.subject).toBe(`freight.evt.${tenantId}.jobs.${one.subject}.job-started`);
    expect(stored?.header.get('traceparent')).toBe(one.traceparent);
    expect(stored?.header.get('content-type')).toBe('application/cloudevents+json');
    expect(stored?.json()).toEqual(one);
  });

  it('tells by its stream’s age that the broker has lost everything', async () => {
    const before = await bus.eventsCreatedAt();
    expect(await bus.eventsCreatedAt()).toBe(before);
    await nats.wipe();
    let after: string | undefined;
    await until('it has another age', async () => {
      after = await bus.eventsCreatedAt().catch(() => undefined);
      return after !== undefined && after !== before;
    });
    await nats.restart();
    await until('it is back', () => bus.isConnected());
    let again: string | undefined;
    await until('it answers', async () => (again = await bus.eventsCreatedAt().catch(() => undefined)) !== undefined);
    expect(again).toBe(after);
  });
});

describe('what is not stored', () => {
  it('goes to one of a group, or to all who named none, and a handler that throws harms nobody', async () => {
    const got: string[] = [];
    const take = (who: string) => () => {
      got.push(who);
      return who === 'b' ? Promise.reject(new Error('b')) : Promise.resolve();
    };
    const subscriptions = [
      bus.subscribe(subjects.allResults, 'jobs', take('a')),
      bus.subscribe(subjects.allResults, 'jobs', take('a')),
      bus.subscribe(subjects.allResults, undefined, take('b')),
      bus.subscribe(subjects.allResults, undefined, take('c')),
    ];
    for (let i = 0; i < 5; i++) bus.wakeJobs({ tenantId, jobId: newId(), batchId: newId() });
    await until('all have them', () => got.length >= 15);
    expect([...got].sort().join('')).toBe('aaaaabbbbbccccc');
    for (const subscription of subscriptions) subscription.stop();
  });
});

describe('the door', () => {
  it('says that the broker cannot be reached, and that trying again helps', async () => {
    await expect(
      connectBus({ url: 'nats://x:y@127.0.0.1:1', name: 'x', replicas: 1, onStatus: () => {} }),
    ).rejects.toMatchObject({ code: 'bus_unavailable', retry: 'retryable' });
  });

  it('knows whether it is connected', async () => {
    expect(bus.isConnected()).toBe(true);
    await nats.kill();
    await until('the loss is noticed', () => !bus.isConnected());
    expect(await bus.depth(streams.work, 'work-default')).toBeUndefined();
    await nats.restart();
    await until('it is back', () => bus.isConnected());
  });

  it('leaves an operator’s own limits of a stream as they are', async () => {
    await manager.streams.update(streams.dead, { max_bytes: 1024 * 1024 });
    await bus.ensureTopology();
    expect((await manager.streams.info(streams.dead)).config.max_bytes).toBe(1024 * 1024);
  });
});
