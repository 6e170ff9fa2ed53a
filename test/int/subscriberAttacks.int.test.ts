/**
 * What somebody can do who has a subscription's credentials and means harm: nothing beyond its own durable. Tried twice: with the
 * credentials as they are given, and as a user of the same account with every right, so that the account alone has to hold.
 */
import { readFileSync } from 'node:fs';
import { connectBus } from '@freight/bus';
import { durables, streams, subjects } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import { credentialsText, makeUserKey, type SigningKeys } from '@freight/natsauth';
import { jetstreamManager } from '@nats-io/jetstream';
import { encodeUser } from '@nats-io/jwt';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';
import { enter, startJobLog, subscribe, type TestJobLog, type TestSubscription, take } from './subscriber.ts';

let f: GatewayFixture;
let jobs: TestJobLog;
let admin: NatsConnection;
let mine: { id: string; subscription: TestSubscription };
let other: { id: string; subscription: TestSubscription };
const given = { name: 'the credentials as they are given', connect: () => enter(mine.subscription) };
const unbound = {
  name: 'a user of the account with every right',
  connect: async () => {
    const signing = JSON.parse(readFileSync(f.nats.signingFile, 'utf8')) as SigningKeys;
    const [row] = await f.database.admin<{ account_key: string }[]>`
      select account_key from subscriptions where id = ${mine.subscription.id}`;
    const user = makeUserKey();
    const signer = new TextEncoder().encode(signing.subscribers);
    const token = await encodeUser('unbound', user.publicKey, row?.account_key ?? '', {}, { signer });
    return enter({ ...mine.subscription, credentials: credentialsText(token, user.seed) });
  },
};

beforeAll(async () => {
  f = await startGatewayFixture();
  jobs = startJobLog(f);
  admin = await connect(asUser(f.nats));
  const { url, credentials } = f.nats;
  const bus = await connectBus({
    url,
    credentialsFile: credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });
  await bus.ensureTopology();
  await bus.close();
  const make = async () => {
    const { id, key } = await f.tenant();
    return { id, subscription: await subscribe(f, key, { filter: { aggregate: 'jobs' } }) };
  };
  mine = await make();
  other = await make();
});
afterAll(async () => {
  await admin?.close();
  await jobs?.stop();
  await f?.stop();
});

const durableOf = async ({ subscription }: { subscription: TestSubscription }) => {
  const info = await (await jetstreamManager(admin)).consumers.info(streams.events, subscription.durable);
  return { delivered: info.delivered.consumer_seq, outstanding: info.num_ack_pending, waiting: info.num_pending };
};
const messagesOf = async (stream: string): Promise<number> =>
  (await (await jetstreamManager(admin)).streams.info(stream)).state.messages;
/** Which of these subjects something is said on, in the services' account, while something happens. */
const overhear = async (victims: readonly string[], work: () => Promise<void>): Promise<readonly string[]> => {
  const heard: string[] = [];
  const subscription = admin.subscribe('>', { callback: (_, message) => void heard.push(message.subject) });
  await admin.flush();
  await work();
  await admin.flush();
  await sleep(100);
  subscription.unsubscribe();
  return heard.filter(subject => victims.includes(subject));
};
const nextOf = (durable: string) => `$JS.freight.API.CONSUMER.MSG.NEXT.${streams.events}.${durable}`;
const plainNextOf = (durable: string) => `$JS.API.CONSUMER.MSG.NEXT.${streams.events}.${durable}`;

describe('these tests', () => {
  it('overhear what is really said', async () => {
    const subject = subjects.command(other.id, 'jobs', 'nothing');
    expect(await overhear([subject], () => Promise.resolve(admin.publish(subject, '{}')))).toEqual([subject]);
  });
});

describe.each([given, unbound])('$name', attacker => {
  let nc: NatsConnection;
  beforeAll(async () => {
    nc = await attacker.connect();
    // What is refused shows as a status only.
    void (async () => {
      for await (const _ of nc.status());
    })();
  });
  afterAll(() => nc?.close());

  const ask = (subject: string, body = ''): Promise<string> =>
    nc.request(subject, body, { timeout: 300 }).then(
      answer => answer.string(),
      () => 'no answer',
    );

  it('opens what it was given for', async () => {
    await jobs.append(mine.id, newId(), 1);
    expect(await take(nc, mine.subscription, 1)).toHaveLength(1);
  });

  it('takes nothing from another’s durable, and learns nothing of it', async () => {
    await jobs.append(other.id, newId(), 3);
    const before = await durableOf(other);
    for (const next of [nextOf, plainNextOf])
      expect(await ask(next(other.subscription.durable), '{"batch":1,"no_wait":true}')).not.toContain(other.id);
    for (const prefix of ['$JS.freight.API', '$JS.API'])
      expect(await ask(`${prefix}.CONSUMER.INFO.${streams.events}.${other.subscription.durable}`)).not.toContain(
        'num_pending',
      );
    expect(await ask(`$JS.API.CONSUMER.LIST.${streams.events}`)).not.toContain(other.subscription.id);
    expect(await durableOf(other)).toEqual(before);
  });

  it('hears nothing but its own answers, whatever it listens to', async () => {
    const heard: string[] = [];
    const everything = [
      subjects.eventsOfTenant(other.id),
      subjects.eventsOfTenant(mine.id),
      subjects.allCommands,
      'freight.>',
      '$JS.>',
      '$SYS.>',
      '_INBOX_gateway.>',
      '_R_.>',
      '>',
    ];
    for (const subject of everything)
      nc.subscribe(subject, { callback: (error, message) => void (error ?? heard.push(message.subject)) });
    await nc.flush();
    await jobs.append(other.id, newId(), 2);
    await jobs.append(mine.id, newId(), 2);
    admin.publish(subjects.command(other.id, 'jobs', 'nothing'), '{}');
    await admin.flush();
    const theirs = await enter(other.subscription);
    expect((await take(theirs, other.subscription, 5)).length).toBeGreaterThan(0);
    await theirs.close();
    await nc.flush();
    expect(heard).toEqual([]);
  });

  it('says nothing that anybody hears, and changes no stream', async () => {
    // What the tenant service still has to send is counted before, not during the attack.
    await until('the tenants’ log is sent', async () => {
      const [row] = await f.database.admin`
        select 1 from relay_positions p where relay = 'relay tenant' and not exists (
          select 1 from tenant_events e where (e.tx, e.seq) > (p.tx, p.seq))`;
      return row !== undefined;
    });
    const before = await Promise.all(Object.values(streams).map(messagesOf));
    const victims = [
      subjects.command(other.id, 'jobs', 'start-job'),
      subjects.command(mine.id, 'tenants', 'suspend-tenant'),
      subjects.event(other.id, 'jobs', newId(), 'job-started'),
      subjects.work('default', other.id, 'load'),
      subjects.result(other.id, newId()),
      subjects.revoked(other.id),
      subjects.dead(other.id, streams.work),
      '_INBOX_gateway.x.y',
      '_INBOX.x',
    ];
    const heard = await overhear(victims, async () => {
      for (const subject of victims) nc.publish(subject, '{}');
      await nc.flush();
    });
    expect(heard).toEqual([]);
    for (const stream of Object.values(streams)) {
      for (const verb of ['DELETE', 'PURGE', 'INFO', 'UPDATE', 'MSG.GET', 'SNAPSHOT'])
        for (const prefix of ['$JS.API', '$JS.freight.API'])
          expect(await ask(`${prefix}.STREAM.${verb}.${stream}`, '{"seq":1}')).not.toMatch(
            /"success"|"messages"|"message"/,
          );
      expect(await ask(`$JS.freight.API.CONSUMER.CREATE.${stream}.mine`)).toBe('no answer');
      expect(await ask(`$JS.freight.API.CONSUMER.DELETE.${stream}.${other.subscription.durable}`)).toBe('no answer');
    }
    expect(await Promise.all(Object.values(streams).map(messagesOf))).toEqual(before);
  });

  it('forges no message by the subject that an answer shall go to', async () => {
    await jobs.append(mine.id, newId(), 12);
    const before = await Promise.all(Object.values(streams).map(messagesOf));
    const victims = [
      subjects.command(other.id, 'jobs', 'start-job'),
      subjects.event(other.id, 'jobs', newId(), 'job-started'),
      subjects.work('default', other.id, 'load'),
      subjects.revoked(other.id),
      '_INBOX_gateway.x.y',
      `$JS.API.STREAM.PURGE.${streams.events}`,
    ];
    const own = mine.subscription.durable;
    const heard = await overhear(victims, async () => {
      for (const reply of victims) {
        nc.publish(nextOf(own), '{"batch":1,"no_wait":true}', { reply });
        nc.publish(`$JS.freight.API.CONSUMER.INFO.${streams.events}.${own}`, '', { reply });
        // An acknowledgement may ask for the next message, to be sent to its reply.
        nc.publish(`$JS.ACK.${streams.events}.${own}.1.1.1.1700000000000000000.0`, '+NXT {"batch":1}', { reply });
      }
      await nc.flush();
    });
    expect(heard).toEqual([]);
    expect(await Promise.all(Object.values(streams).map(messagesOf))).toEqual(before);
  });

  it('acknowledges nothing of another’s', async () => {
    await jobs.append(other.id, newId(), 1);
    const theirs = await enter(other.subscription);
    await take(theirs, other.subscription, 100, { ack: false, expires: 1000 });
    const before = await durableOf(other);
    expect(before.outstanding).toBeGreaterThan(0);
    const { durable } = other.subscription;
    const { state } = await (await jetstreamManager(admin)).streams.info(streams.events);
    for (let stream = Math.max(1, state.last_seq - 20); stream <= state.last_seq; stream++) {
      for (let delivery = 1; delivery <= before.delivered; delivery++) {
        const place = `1.${stream}.${delivery}.1700000000000000000.0`;
        nc.publish(`$JS.ACK.${streams.events}.${durable}.${place}`, '+ACK');
        nc.publish(`$JS.ACK._.AbCdEfGh.${streams.events}.${durable}.${place}.t`, '+ACK');
        // The older shape of theirs in the newer shape of mine.
        nc.publish(
          `$JS.ACK.${streams.events}.${durable}.${streams.events}.${mine.subscription.durable}.${stream}.${delivery}.0`,
          '+ACK',
        );
      }
    }
    await nc.flush();
    await admin.flush();
    expect(await durableOf(other)).toEqual(before);
    await theirs.close();
  });

  it('is told nothing by the broker itself of anybody else', async () => {
    for (const subject of [
      '$SYS.REQ.CLAIMS.LIST',
      '$SYS.REQ.SERVER.PING',
      '$SYS.REQ.SERVER.PING.CONNZ',
      '$SYS.REQ.ACCOUNT.PING.CONNZ',
      '$SYS.REQ.USER.INFO',
    ])
      expect(await ask(subject)).not.toMatch(
        new RegExp(`${durables.subscription(other.subscription.id)}|freight-tenants`),
      );
    expect(await ask('$SYS.REQ.CLAIMS.UPDATE', mine.subscription.jwt)).not.toContain('"code":200');
  });
});
