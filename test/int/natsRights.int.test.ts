/** What each service may say and hear on NATS, tried at a real broker with each service's own credentials. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inboxPrefixOf, type NatsService, natsServices, streams, subjects } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { type NatsServer, startNats } from '@freight/servers';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';

let nats: NatsServer & { close(): Promise<void> };
const clients = new Map<NatsService, NatsConnection>();
beforeAll(async () => {
  nats = await startNats({ dir: join(tmpdir(), 'freight-test-nats'), durable: false });
  for (const service of natsServices) clients.set(service, await connect(asUser(nats, service)));
});
afterAll(async () => {
  for (const client of clients.values()) await client.close();
  await nats?.close();
});

const clientOf = (service: NatsService): NatsConnection => {
  const client = clients.get(service);
  if (!client) throw new Error(`${service} is not connected`);
  return client;
};

/** Whether the broker takes a message of the service. */
const maySay = async (service: NatsService, subject: string): Promise<boolean> => {
  const nc = clientOf(service);
  const refusals: string[] = [];
  const statuses = nc.status();
  const reading = (async () => {
    for await (const status of statuses) if (status.type === 'error') refusals.push(status.error.message);
  })();
  nc.publish(subject, '{}');
  await nc.flush();
  (statuses as AsyncIterable<unknown> & { stop(): void }).stop();
  await reading;
  return !refusals.some(text => text.includes(`"${subject}"`));
};

const mayHear = async (service: NatsService, subject: string): Promise<boolean> => {
  const nc = clientOf(service);
  let refused = false;
  const subscription = nc.subscribe(subject, {
    callback: error => {
      refused ||= error !== null;
    },
  });
  await nc.flush();
  if (!refused) subscription.unsubscribe();
  return !refused;
};

const tenant = newId();
const ack = (stream: string, durable: string) => `$JS.ACK.${stream}.${durable}.1.1.1.1700000000000000000.0`;
const newerAck = (stream: string, durable: string) =>
  `$JS.ACK._.AbCdEfGh.${stream}.${durable}.1.1.1.1700000000000000000.0.token`;
const all: readonly NatsService[] = natsServices;
const commands = (service: 'tenants' | 'jobs' | 'workers') =>
  [
    [subjects.command(tenant, service, 'some-command'), ['gateway']],
    [`$JS.API.CONSUMER.MSG.NEXT.${streams.commands}.commands-${service}`, [service]],
    [`$JS.API.CONSUMER.INFO.${streams.commands}.commands-${service}`, [service]],
    [`$JS.API.CONSUMER.CREATE.${streams.commands}.commands-${service}.${subjects.commandsOf(service)}`, [service]],
    [ack(streams.commands, `commands-${service}`), [service]],
    [newerAck(streams.commands, `commands-${service}`), [service]],
  ] as const;

const says: readonly (readonly [string, readonly NatsService[]])[] = [
  ...commands('tenants'),
  ...commands('jobs'),
  ...commands('workers'),
  [subjects.event(tenant, 'tenants', tenant, 'tenant-updated'), ['tenants']],
  [subjects.event(tenant, 'jobs', newId(), 'job-started'), ['jobs']],
  [subjects.work('default', tenant, 'load'), ['jobs']],
  [subjects.work(`tenant-${tenant}`, tenant, 'load'), ['jobs']],
  [subjects.result(tenant, newId()), ['workers']],
  [subjects.revoked(tenant), ['gateway', 'tenants']],
  [subjects.revocationHeartbeat, ['tenants']],
  [subjects.dead(tenant, streams.commands), ['tenants', 'jobs', 'workers']],
  [subjects.dead(tenant, streams.work), ['workers']],
  [subjects.dead(tenant, 'results'), ['jobs']],
  [`$JS.API.CONSUMER.MSG.NEXT.${streams.work}.work-default`, ['workers']],
  [`$JS.API.CONSUMER.CREATE.${streams.work}.work-default.${subjects.workOfLane('default')}`, ['workers']],
  [ack(streams.work, 'work-default'), ['workers']],
  [newerAck(streams.work, 'work-default'), ['workers']],
  [`$JS.API.STREAM.CREATE.${streams.commands}`, ['tenants', 'jobs']],
  [`$JS.API.STREAM.CREATE.${streams.work}`, ['jobs']],
  [`$JS.API.STREAM.CREATE.${streams.events}`, ['tenants', 'jobs']],
  [`$JS.API.STREAM.CREATE.${streams.dead}`, ['tenants', 'jobs']],
  [`$JS.API.STREAM.CREATE.OTHER`, []],
  [`$JS.API.STREAM.INFO.${streams.events}`, ['tenants', 'jobs']],
  // Subscribers' durables are the tenant service's.
  [`$JS.API.CONSUMER.CREATE.${streams.events}.sub-x.${subjects.eventsOfTenant(tenant)}`, ['tenants']],
  [`$JS.API.CONSUMER.CREATE.${streams.events}.sub-x.freight.cmd.>`, []],
  [`$JS.API.CONSUMER.LIST.${streams.events}`, ['tenants']],
  [`$JS.API.CONSUMER.INFO.${streams.events}.sub-x`, ['tenants']],
  [`$JS.API.CONSUMER.DELETE.${streams.events}.sub-x`, ['tenants']],
  [`$JS.API.CONSUMER.DELETE.${streams.commands}.commands-tenants`, []],
  [ack(streams.events, 'sub-x'), []],
  // Answers to commands go to the gateway, by whoever takes commands; nobody writes to another's inbox.
  [`${inboxPrefixOf('gateway')}.x.y`, ['tenants', 'jobs', 'workers']],
  ...(['tenants', 'jobs', 'workers'] as const).map(service => [`${inboxPrefixOf(service)}.x.y`, []] as const),
  ['_INBOX.x.y', []],
  // An erasure removes a tenant's messages from every stream.
  ...Object.values(streams).map(stream => [`$JS.API.STREAM.PURGE.${stream}`, ['tenants']] as const),
  ...Object.values(streams).flatMap(stream =>
    [
      `$JS.API.STREAM.DELETE.${stream}`,
      `$JS.API.STREAM.UPDATE.${stream}`,
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.STREAM.MSG.DELETE.${stream}`,
      `$JS.API.STREAM.SNAPSHOT.${stream}`,
      `$JS.API.CONSUMER.CREATE.${stream}`,
      `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.x`,
      `$JS.API.DIRECT.GET.${stream}`,
    ].map(subject => [subject, []] as const),
  ),
  ['$JS.API.STREAM.NAMES', []],
  ['$JS.API.INFO', []],
  ['$JS.API.ACCOUNT.PURGE.x', []],
  ['$SYS.REQ.CLAIMS.UPDATE', []],
  ['$SYS.REQ.ACCOUNT.PING.CONNZ', []],
  ['freight.anything.else', []],
];

const hears: readonly (readonly [string, readonly NatsService[]])[] = [
  ...all.map(service => [`${inboxPrefixOf(service)}.x.*`, [service]] as const),
  [subjects.allRevoked, ['gateway']],
  [subjects.revocationHeartbeat, ['gateway']],
  [subjects.eventsOfStream(tenant, 'jobs', newId()), ['gateway']],
  [subjects.allResults, ['jobs']],
  [subjects.allCommands, []],
  [subjects.commandsOf('tenants'), []],
  [subjects.allWork, []],
  [subjects.allEvents, []],
  [subjects.allDead, []],
  ['_INBOX.>', []],
  ['freight.>', []],
  ['$JS.>', []],
  ['$SYS.>', []],
  ['>', []],
];

describe.each(natsServices)('the %s service', service => {
  it('says on NATS what is its own to say, and is refused everything else', async () => {
    const found: Record<string, boolean> = {};
    for (const [subject] of says) found[subject] = await maySay(service, subject);
    expect(found).toEqual(Object.fromEntries(says.map(([subject, who]) => [subject, who.includes(service)])));
  });

  it('hears on NATS what is its own to hear, and is refused everything else', async () => {
    const found: Record<string, boolean> = {};
    for (const [subject] of hears) found[subject] = await mayHear(service, subject);
    expect(found).toEqual(Object.fromEntries(hears.map(([subject, who]) => [subject, who.includes(service)])));
  });
});

describe('the broker', () => {
  it.each([
    ['nobody', {}],
    ['a user with a password', { user: 'freight', pass: 'freight' }],
  ])('keeps out %s', async (_, login) => {
    await expect(connect({ servers: nats.server, ...login, reconnect: false })).rejects.toThrow(/authorization/i);
  });
});
