import { natsServices, streams, subjects } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import type { Context } from '../context.ts';
import { findTrace } from '../sides/side.ts';
import { act } from './act.ts';
import { tryGatewayDoor } from './gatewayDoor.ts';
import type { NatsLogin } from './logins.ts';
import { tryRights } from './rights.ts';
import { subscribe, trySubscriber } from './subscriber.ts';

export interface NatsFloor {
  readonly context: Context;
  readonly urls: readonly string[];
  readonly logins: readonly NatsLogin[];
}

const connectMs = 3000;

const letsIn = async (options: ConnectionOptions): Promise<boolean> => {
  try {
    const nc = await connect({ ...options, reconnect: false, timeout: connectMs });
    await nc.close();
    return true;
  } catch {
    return false;
  }
};

/** Knocks without credentials, and with those that a tenant has. */
const knock = async ({ context, logins }: NatsFloor): Promise<void> => {
  const { a, record } = context;
  const servers = logins[0]?.options.servers ?? '';
  const attempts: readonly (readonly [string, ConnectionOptions])[] = [
    ['without credentials', {}],
    ["with A's API key as token", { token: a.keys.full }],
    ["with A's id and API key", { user: a.tenantId, pass: a.keys.full }],
    [
      'with the services’ user name and a wrong password',
      { user: String(logins[0]?.options.user ?? 'freight'), pass: a.mark },
    ],
  ];
  for (const [tried, options] of attempts) {
    await record.attempt({ floor: 'nats', name: 'broker', tried: `logs in ${tried}`, expected: 'refused' }, async () =>
      (await letsIn({ servers, ...options })) ? 'let in' : undefined,
    );
  }
};

const tenantTokenOf = (subject: string): string =>
  subject.split('.')[subject.startsWith('freight.work.') ? 3 : 2] ?? '';

/** What lies in the streams under one tenant's subjects holds no trace of the other one. */
const readStreams = async ({ context }: NatsFloor, nc: NatsConnection): Promise<void> => {
  const { a, b, record } = context;
  const filters: readonly (readonly [string, (tenantId: string) => string])[] = [
    [streams.events, id => subjects.event(id, '*', '*', '*')],
    [streams.dead, id => subjects.dead(id, '>')],
  ];
  for (const [stream, filterOf] of filters) {
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      await record.attempt(
        {
          floor: 'nats',
          name: stream,
          tried: `every stored message under the subjects of tenant ${own.name}`,
          expected: `no trace of tenant ${other.name}`,
        },
        async () => {
          const consumer = await jetstream(nc).consumers.get(stream, {
            filter_subjects: filterOf(own.tenantId),
            deliver_policy: DeliverPolicy.All,
          });
          const waiting = (await consumer.info(true)).num_pending;
          if (waiting === 0) return undefined;
          let left = waiting;
          for await (const message of await consumer.consume()) {
            const found = findTrace(`${message.subject} ${message.string()}`, other);
            if (found !== undefined) return found;
            if (--left <= 0) break;
          }
          return undefined;
        },
      );
    }
  }
};

const settleMs = 1000;

/** Listens to everything while both act: each message is under its own tenant's subject, and tells nothing of the other one. */
const overhear = async ({ context }: NatsFloor, nc: NatsConnection): Promise<void> => {
  const { a, b, record } = context;
  const heard: { readonly subject: string; readonly text: string }[] = [];
  const subscription = nc.subscribe('freight.>', {
    callback: (error, message) => {
      if (!error) heard.push({ subject: message.subject, text: message.string() });
    },
  });
  await nc.flush();
  await Promise.all([act(context, a), act(context, b)]);
  await sleep(settleMs);
  subscription.unsubscribe();
  for (const [own, other] of [
    [a, b],
    [b, a],
  ] as const) {
    await record.attempt(
      {
        floor: 'nats',
        name: 'freight.>',
        tried: `every message while both act, under the subjects of tenant ${own.name}`,
        expected: `no trace of tenant ${other.name}`,
      },
      () => {
        const messages = heard.filter(one => tenantTokenOf(one.subject) === own.tenantId);
        if (messages.length === 0) throw new Error('nothing was heard');
        return messages.map(one => findTrace(`${one.subject} ${one.text}`, other)).find(one => one !== undefined);
      },
    );
    await record.attempt(
      {
        floor: 'nats',
        name: 'freight.>',
        tried: `every message while both act that tells of tenant ${own.name}`,
        expected: 'under its own subjects',
      },
      () =>
        heard.find(one => tenantTokenOf(one.subject) !== own.tenantId && findTrace(one.text, own) !== undefined)
          ?.subject,
    );
  }
};

/** The floor of the broker. Without an address, what can be tried from the gateway's side. */
export const tryNats = async (floor: NatsFloor): Promise<void> => {
  const { context, logins } = floor;
  const { record } = context;
  await tryGatewayDoor(context, floor.urls);
  if (logins.length === 0) {
    record.skip('nats: no address of the broker');
    return;
  }
  await knock(floor);
  const limited = logins.filter(one => one.user !== 'everybody');
  const tenants = [context.a.tenantId, context.b.tenantId];
  for (const login of limited) await tryRights({ record, tenants }, login);
  const missing = natsServices.filter(service => !limited.some(one => one.user === service));
  if (missing.length > 0) record.skip(`nats: what may be said and heard as ${missing.join(', ')} (no credentials)`);
  const everybody = logins.find(one => one.user === 'everybody');
  if (!everybody) {
    record.skip('nats: what lies in the streams and is heard (no credentials of an administrator)');
    return;
  }
  const nc = await connect({ ...everybody.options, timeout: connectMs });
  try {
    await readStreams(floor, nc);
    await overhear(floor, nc);
    const servers = String(everybody.options.servers);
    const mine = await subscribe(context, context.a, servers);
    const others = await subscribe(context, context.b, servers);
    if (mine) await trySubscriber(context, mine, others?.durable, nc);
  } finally {
    await nc.close();
  }
};
