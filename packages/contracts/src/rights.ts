import { type CommandService, durables, type StreamName, streams, subjects } from './subjects.ts';

/** What the tenant service says to the broker itself: accounts come, change and go. */
export const claimSubjects = {
  update: '$SYS.REQ.CLAIMS.UPDATE',
  delete: '$SYS.REQ.CLAIMS.DELETE',
  list: '$SYS.REQ.CLAIMS.LIST',
} as const;

/** The processes that log in to NATS, each as a user of its own. */
export const natsServices = ['gateway', 'tenants', 'jobs', 'workers'] as const;
export type NatsService = (typeof natsServices)[number];

/** Where a service's replies arrive. Nobody else may listen there; whoever answers a command may write to the gateway's. */
export const inboxPrefixOf = (service: NatsService): string => `_INBOX_${service}`;

/** Whose streams of the four a service makes when they are missing; the others wait until they are there. */
export const streamsMadeBy: Readonly<Record<NatsService, readonly StreamName[]>> = {
  gateway: [],
  tenants: [streams.commands, streams.events, streams.dead],
  jobs: [streams.commands, streams.work, streams.events, streams.dead],
  workers: [],
};

/** Subjects as NATS takes them in a user's permissions: what is not named is refused. */
export interface NatsRights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** `$JS.ACK` has another shape on servers that put the domain and the account into it: `$JS.ACK.<domain>.<account>.<stream>.…`. */
export const acksOf = (stream: StreamName, durable: string): readonly string[] => [
  `$JS.ACK.${stream}.${durable}.>`,
  // `_` stands for no domain. A star there would take in the acknowledgements of other streams in the older shape.
  `$JS.ACK._.*.${stream}.${durable}.>`,
];

const nextOf = (stream: StreamName, durable: string) => `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`;
const infoOf = (stream: StreamName, durable: string) => `$JS.API.CONSUMER.INFO.${stream}.${durable}`;

/** To make a durable of a stream, with a filter within the given one, and to take its messages. A star stands for any durable. */
const consumes = (stream: StreamName, durable: string, filter: string): readonly string[] => [
  `$JS.API.CONSUMER.CREATE.${stream}.${durable}.${filter}`,
  infoOf(stream, durable),
  nextOf(stream, durable),
  ...acksOf(stream, durable),
];

const makesStreams = (service: NatsService): readonly string[] =>
  streamsMadeBy[service].map(stream => `$JS.API.STREAM.CREATE.${stream}`);

/** To take a service's commands, answer them, and park what is none. */
const takesCommands = (service: CommandService): readonly string[] => [
  ...consumes(streams.commands, durables.commands(service), subjects.commandsOf(service)),
  `${inboxPrefixOf('gateway')}.>`,
  subjects.dead('*', streams.commands),
];

/** The JetStream domain that subscribers name: in their own account, plain `$JS.API` is answered by the broker itself, with a refusal. */
export const subscriberDomain = 'freight';

/**
 * The three parts of a subscriber's door: what it is in the services' account, and what the subscriber says in its own. One list for the
 * exports, the imports and the user's rights.
 */
export const subscriberServices = (durable: string) =>
  [
    { name: 'next', subject: nextOf(streams.events, durable), responses: 'Stream' as const },
    { name: 'info', subject: infoOf(streams.events, durable), responses: 'Singleton' as const },
    ...acksOf(streams.events, durable).map((subject, index) => ({
      name: index === 0 ? 'ack' : 'ack-with-domain',
      subject,
      responses: 'Singleton' as const,
    })),
  ].map(one => ({ ...one, said: one.subject.replace(/^\$JS\.API\./, `$JS.${subscriberDomain}.API.`) }));

/**
 * What each service may say and hear. The one place; users' tokens are made from it.
 * Who may take messages of a durable may have them sent to any subject of the platform's account (that is how NATS works): what arrives
 * there is the message as it was, and every reader refuses what does not name its own subject.
 */
export const serviceRights: Readonly<Record<NatsService, NatsRights>> = {
  gateway: {
    publish: [subjects.allCommands, subjects.revoked('*')],
    subscribe: [
      `${inboxPrefixOf('gateway')}.>`,
      subjects.allRevoked,
      subjects.revocationHeartbeat,
      subjects.eventsOfStream('*', 'jobs', '*'),
    ],
  },
  tenants: {
    publish: [
      subjects.event('*', 'tenants', '*', '*'),
      subjects.revoked('*'),
      subjects.revocationHeartbeat,
      ...takesCommands('tenants'),
      ...makesStreams('tenants'),
      `$JS.API.STREAM.INFO.${streams.events}`,
      // An erasure removes the tenant's messages from every stream.
      ...Object.values(streams).map(stream => `$JS.API.STREAM.PURGE.${stream}`),
      // Subscribers' durables: made, listed, ended; and the ids of a tenant's events read again after the broker lost them.
      `$JS.API.CONSUMER.CREATE.${streams.events}.*.${subjects.allEvents}`,
      `$JS.API.CONSUMER.LIST.${streams.events}`,
      `$JS.API.CONSUMER.DELETE.${streams.events}.*`,
      infoOf(streams.events, '*'),
      nextOf(streams.events, '*'),
    ],
    subscribe: [`${inboxPrefixOf('tenants')}.>`],
  },
  jobs: {
    publish: [
      subjects.event('*', 'jobs', '*', '*'),
      subjects.allWork,
      subjects.dead('*', 'results'),
      ...takesCommands('jobs'),
      ...makesStreams('jobs'),
      `$JS.API.STREAM.INFO.${streams.events}`,
    ],
    subscribe: [`${inboxPrefixOf('jobs')}.>`, subjects.allResults],
  },
  workers: {
    publish: [
      subjects.result('*', '*'),
      subjects.dead('*', streams.work),
      ...consumes(streams.work, '*', subjects.allWork),
      ...takesCommands('workers'),
    ],
    subscribe: [`${inboxPrefixOf('workers')}.>`],
  },
};
