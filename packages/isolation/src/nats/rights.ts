import { inboxPrefixOf, natsServices, serviceRights, streams, subjects } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Recorder } from '../attempt.ts';
import type { NatsLogin } from './logins.ts';

/** No service understands it, no API call takes it: where it gets through although it should not, nothing breaks. */
const payload = 'freight isolation';

/** Whether a pattern of a user's rights takes in a subject. */
export const takesIn = (pattern: string, subject: string): boolean => {
  const wanted = pattern.split('.');
  const given = subject.split('.');
  for (const [i, token] of wanted.entries()) {
    if (token === '>') return given.length > i;
    if (given[i] === undefined || (token !== '*' && token !== given[i])) return false;
  }
  return wanted.length === given.length;
};

/** A subject that a pattern takes in, of a tenant. */
const concrete = (pattern: string, tenantId: string): string =>
  pattern
    .split('.')
    .map((token, i) => (token === '>' ? `x.${newId()}` : token !== '*' ? token : i === 2 ? tenantId : newId()))
    .join('.');

/** What no service and no subscriber has any business with. */
const forbidden = {
  publish: [
    ...Object.values(streams).flatMap(stream =>
      ['DELETE', 'PURGE', 'UPDATE', 'MSG.GET', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE']
        .map(action => `$JS.API.STREAM.${action}.${stream}`)
        .concat([
          `$JS.API.CONSUMER.CREATE.${stream}`,
          `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.x`,
          `$JS.API.CONSUMER.LIST.${stream}`,
          `$JS.API.CONSUMER.NAMES.${stream}`,
          `$JS.API.CONSUMER.DELETE.${stream}.x`,
          `$JS.API.DIRECT.GET.${stream}`,
        ]),
    ),
    '$JS.API.STREAM.CREATE.OTHER',
    '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.LIST',
    '$JS.API.INFO',
    '$JS.API.ACCOUNT.PURGE.x',
    '$SYS.REQ.CLAIMS.UPDATE',
    '$SYS.REQ.ACCOUNT.PING.CONNZ',
    'freight.other.x',
    '_INBOX.x.y',
  ],
  subscribe: [
    '>',
    'freight.>',
    '_INBOX.>',
    '_INBOX_*.>',
    '$JS.>',
    '$SYS.>',
    subjects.allCommands,
    subjects.allWork,
    subjects.allEvents,
  ],
} as const;

/** What a login is to be refused, in the name of both tenants. */
const refusedTo = (
  login: NatsLogin,
  tenants: readonly string[],
): { readonly publish: readonly string[]; readonly subscribe: readonly string[] } => {
  const own = natsServices.flatMap(service => (service === login.user ? [serviceRights[service]] : []));
  const all = natsServices.map(service => serviceRights[service]);
  const pick = (kind: 'publish' | 'subscribe') => {
    const others = all
      .flatMap(rights => rights[kind])
      .flatMap(pattern => tenants.map(tenant => concrete(pattern, tenant)));
    const inboxes = natsServices.map(service => `${inboxPrefixOf(service)}.x.y`);
    const candidates = [...new Set([...forbidden[kind], ...others, ...inboxes])];
    return candidates.filter(subject => !own.some(rights => rights[kind].some(pattern => takesIn(pattern, subject))));
  };
  return { publish: pick('publish'), subscribe: pick('subscribe') };
};

/** Whether the broker takes a message. */
const maySay = async (nc: NatsConnection, subject: string): Promise<boolean> => {
  const refusals: string[] = [];
  const statuses = nc.status();
  const reading = (async () => {
    for await (const status of statuses) if (status.type === 'error') refusals.push(status.error.message);
  })();
  nc.publish(subject, payload);
  await nc.flush();
  (statuses as AsyncIterable<unknown> & { stop(): void }).stop();
  await reading;
  return !refusals.some(text => text.includes(`"${subject}"`));
};

const mayHear = async (nc: NatsConnection, subject: string): Promise<boolean> => {
  let isRefused = false;
  const subscription = nc.subscribe(subject, {
    callback: error => {
      isRefused ||= error !== null;
    },
  });
  await nc.flush();
  if (!isRefused) subscription.unsubscribe();
  return !isRefused;
};

/** Says and listens to everything that the login has no right to. */
export const tryRights = async (
  { record, tenants }: { readonly record: Recorder; readonly tenants: readonly string[] },
  login: NatsLogin,
): Promise<void> => {
  const refused = refusedTo(login, tenants);
  const nc = await connect(login.options);
  try {
    for (const subject of refused.publish) {
      const trial = {
        floor: 'nats' as const,
        name: login.user,
        tried: `says something on ${subject}`,
        expected: 'refused',
      };
      await record.attempt(trial, async () => ((await maySay(nc, subject)) ? 'the broker took it' : undefined));
    }
    for (const subject of refused.subscribe) {
      const trial = { floor: 'nats' as const, name: login.user, tried: `listens to ${subject}`, expected: 'refused' };
      await record.attempt(trial, async () => ((await mayHear(nc, subject)) ? 'the broker let it listen' : undefined));
    }
  } finally {
    await nc.close();
  }
};
