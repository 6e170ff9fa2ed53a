import { inboxPrefixOf, natsServices, streams, subjects } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Context } from '../context.ts';
import { bodyOf } from '../http/provide.ts';
import { command } from '../sides/makeSide.ts';
import type { Side } from '../sides/side.ts';
import { act } from './act.ts';
import { loginByCredentials, type NatsLogin } from './logins.ts';

/** What a tenant gets for a subscription. */
export interface Subscriber {
  readonly login: NatsLogin;
  readonly durable: string;
}

/** Subscribes as a client does; undefined where the API has no subscriptions. @param servers of the broker, where the answer names none. */
export const subscribe = async (context: Context, side: Side, servers: string): Promise<Subscriber | undefined> => {
  const path = '/v1/subscriptions';
  const operation = context.operations.find(one => one.name === `POST ${path}`);
  if (!operation?.body) return undefined;
  const made = await command(context.client, side.keys.full, { path, body: bodyOf(context, side, operation.body) });
  const given = Array.isArray(made['servers']) ? String(made['servers'][0] ?? servers) : servers;
  return {
    login: loginByCredentials('subscriber', given, String(made['credentials'])),
    durable: String(made['durable']),
  };
};

/** No service understands them. */
const words = 'freight isolation';
const hearMs = 300;
const answerMs = 200;
const prefixes = ['$JS.API', '$JS.freight.API'] as const;

/** Subjects on which one message would be somebody else's business. */
const victimsOf = (tenantIds: readonly string[]): readonly string[] => [
  ...tenantIds.flatMap(id => [
    subjects.command(id, 'jobs', 'start-job'),
    subjects.command(id, 'tenants', 'suspend-tenant'),
    subjects.event(id, 'jobs', newId(), 'job-started'),
    subjects.work('default', id, 'load'),
    subjects.result(id, newId()),
    subjects.revoked(id),
    subjects.dead(id, streams.work),
  ]),
  ...natsServices.map(service => `${inboxPrefixOf(service)}.x.y`),
  '_INBOX.x.y',
];

const trial = (tried: string, expected: string) => ({ floor: 'nats' as const, name: 'subscriber', tried, expected });

/** Listens to what is not its own while B acts. */
const listen = async (context: Context, nc: NatsConnection): Promise<void> => {
  const { a, b, record } = context;
  const wanted = [
    `freight.evt.${b.tenantId}.>`,
    `freight.evt.${a.tenantId}.>`,
    subjects.allEvents,
    subjects.allCommands,
    subjects.allWork,
    subjects.allDead,
    'freight.>',
    '$JS.>',
    '$SYS.>',
    '_INBOX_gateway.>',
    '>',
  ];
  const heard = new Map<string, string>();
  for (const subject of wanted) {
    nc.subscribe(subject, { callback: (error, message) => void (error ?? heard.set(subject, message.subject)) });
  }
  await nc.flush();
  await act(context, b);
  await sleep(hearMs);
  for (const subject of wanted) {
    await record.attempt(trial(`listens to ${subject} while B acts`, 'hears nothing'), () => heard.get(subject));
  }
};

/** Says things to others, straight away and as the place where an answer shall go. */
const forge = async (context: Context, nc: NatsConnection, watcher: NatsConnection, durable: string): Promise<void> => {
  const { a, b, record } = context;
  const straight = [...victimsOf([a.tenantId, b.tenantId]), subjects.revocationHeartbeat];
  const byReply = victimsOf([b.tenantId]);
  const own = `CONSUMER.MSG.NEXT.${streams.events}.${durable}`;
  const heard = new Set<string>();
  const said = new Set<string>();
  const subscription = watcher.subscribe('>', {
    callback: (_, message) => {
      heard.add(message.subject);
      // The services themselves say something on some of the subjects.
      if (message.string() === words) said.add(message.subject);
    },
  });
  await watcher.flush();
  for (const subject of straight) nc.publish(subject, words);
  for (const reply of byReply) {
    for (const prefix of prefixes) nc.publish(`${prefix}.${own}`, '{"batch":1,"no_wait":true}', { reply });
  }
  await nc.flush();
  await sleep(hearMs);
  subscription.unsubscribe();
  for (const subject of straight) {
    await record.attempt(trial(`says something on ${subject}`, 'nobody hears it'), () =>
      said.has(subject) ? 'it was heard' : undefined,
    );
  }
  for (const subject of byReply) {
    await record.attempt(trial(`has an answer sent to ${subject}`, 'nobody hears it'), () =>
      heard.has(subject) ? 'it was heard' : undefined,
    );
  }
};

/** Asks the broker for what is not its own. */
const ask = async (context: Context, nc: NatsConnection, durable: string | undefined): Promise<void> => {
  const questions: readonly (readonly [string, string])[] = [
    ...(durable === undefined
      ? []
      : ([
          [`CONSUMER.MSG.NEXT.${streams.events}.${durable}`, '{"batch":1,"no_wait":true}'],
          [`CONSUMER.INFO.${streams.events}.${durable}`, ''],
        ] as const)),
    ...Object.values(streams).flatMap(stream => [
      [`STREAM.INFO.${stream}`, ''] as const,
      [`STREAM.MSG.GET.${stream}`, '{"seq":1}'] as const,
      [`CONSUMER.LIST.${stream}`, ''] as const,
      [`CONSUMER.NAMES.${stream}`, ''] as const,
      // Words that the broker does not understand, so that nothing is deleted should there be a hole.
      [`STREAM.PURGE.${stream}`, words] as const,
      [`STREAM.DELETE.${stream}`, words] as const,
    ]),
    ['STREAM.NAMES', ''],
  ];
  for (const prefix of prefixes) {
    for (const [question, body] of questions) {
      await context.record.attempt(
        trial(`asks ${prefix}.${question}`, 'no answer, or one that tells nothing'),
        async () => {
          const answer = await nc.request(`${prefix}.${question}`, body, { timeout: answerMs }).then(
            message => message.string(),
            () => '',
          );
          // A refusal of the question's form is an answer too: it got through. Only an account without streams of its own may say so.
          const says = /"error":.*not enabled/.test(answer) ? '' : answer;
          // A user with an account of its own may be told that it has no streams.
          return says === '' || /"total":0/.test(says) ? undefined : says;
        },
      );
    }
  }
};

/**
 * Does as subscriber of A what a subscriber must not.
 * @param watcher somebody who hears everything in the services' account. @param others B's durable.
 */
export const trySubscriber = async (
  context: Context,
  mine: Subscriber,
  others: string | undefined,
  watcher: NatsConnection,
): Promise<void> => {
  const nc = await connect(mine.login.options);
  // What is refused shows as a status only.
  const refusals = (async () => {
    for await (const _ of nc.status());
  })();
  try {
    await listen(context, nc);
    await forge(context, nc, watcher, mine.durable);
    await ask(context, nc, others);
  } finally {
    await nc.close();
    await refusals;
  }
};
