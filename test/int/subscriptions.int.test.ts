/** The life of a subscription, over the API and with a subscriber's own credentials. */
import { durables, streams, subscriptionCreated } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';
import {
  enter,
  startJobLog,
  subscribe,
  type TestJobLog,
  type TestSubscription,
  take,
  versionsOf,
} from './subscriber.ts';

let f: GatewayFixture;
let jobs: TestJobLog;
let admin: NatsConnection;
beforeAll(async () => {
  f = await startGatewayFixture();
  jobs = startJobLog(f);
  admin = await connect({ ...asUser(f.nats), maxReconnectAttempts: -1, reconnectTimeWait: 100 });
});
afterAll(async () => {
  await admin?.close();
  await jobs?.stop();
  await f?.stop();
});

const hasDurable = async (id: string): Promise<boolean> => {
  const manager = await jetstreamManager(admin, { checkAPI: false });
  return manager.consumers.info(streams.events, durables.subscription(id)).then(
    () => true,
    () => false,
  );
};
const isOver = (nc: NatsConnection): Promise<number> => {
  const since = performance.now();
  return (async () => {
    for await (const status of nc.status()) if (status.type === 'disconnect') break;
    return performance.now() - since;
  })();
};
const revoke = (key: string, { id }: TestSubscription) => f.api.call('DELETE', `/v1/subscriptions/${id}`, { key });
const letsIn = async (subscription: TestSubscription): Promise<boolean> => {
  try {
    await (await enter(subscription, { reconnect: false, maxReconnectAttempts: 0 })).close();
    return true;
  } catch {
    return false;
  }
};

describe('a subscription', () => {
  it('brings a tenant’s events in order, each once when it is acknowledged, to whoever has the credentials', async () => {
    const tenant = await f.tenant();
    const other = await f.tenant();
    const answer = await f.api.call('POST', '/v1/subscriptions', { key: tenant.key, body: { name: 'Warehouse' } });
    expect(answer.status).toBe(201);
    expect(subscriptionCreated.parse(answer.body)).toMatchObject({
      name: 'Warehouse',
      status: 'active',
      startAt: 'new',
      stream: streams.events,
      subject: `freight.evt.${tenant.id}.>`,
      domain: 'freight',
    });
    expect(answer.headers.get('location')).toBe(`/v1/subscriptions/${answer.body.id}`);
    const jobId = newId();
    await jobs.append(tenant.id, jobId, 5);
    await jobs.append(other.id, newId(), 5);
    const nc = await enter(answer.body);
    const events = await take(nc, answer.body, 100, { expires: 1000 });
    expect(versionsOf(events, jobId)).toEqual([1, 2, 3, 4, 5]);
    expect(events.every(event => event.tenantid === tenant.id)).toBe(true);
    await jobs.append(tenant.id, jobId, 2);
    expect(versionsOf(await take(nc, answer.body, 100, { expires: 1000 }), jobId)).toEqual([6, 7]);
    await nc.close();
  });

  it('is answered without credentials to a repeat, and shown without them ever after', async () => {
    const { key } = await f.tenant();
    const headers = { 'idempotency-key': newId() };
    const create = () => f.api.call('POST', '/v1/subscriptions', { key, headers, body: { name: 'Once' } });
    const [first, repeat] = [await create(), await create()];
    expect(first.body.credentials).toContain('BEGIN USER NKEY SEED');
    expect(repeat.status).toBe(201);
    expect(repeat.body).toEqual({ ...first.body, credentials: null });
    const read = await f.api.call('GET', `/v1/subscriptions/${first.body.id}`, { key });
    const list = await f.api.call('GET', '/v1/subscriptions', { key });
    expect(list.body.items).toEqual([read.body]);
    for (const { text } of [read, list, repeat]) expect(text).not.toMatch(/SEED|SU[A-Z2-7]{56}/);
    const seed = /SU[A-Z2-7]{56}/.exec(first.body.credentials)?.[0] ?? 'no seed';
    const stored = await f.database.admin`
      select (select coalesce(string_agg(data::text, ''), '') from tenant_events) || (select coalesce(string_agg(reply_body::text, ''), '') from commands) as text`;
    expect(stored[0]?.['text']).not.toContain(seed);
    expect(f.logs.join('')).not.toContain(seed);
  });

  it('of another tenant is neither seen nor revoked', async () => {
    const [mine, other] = [await f.tenant(), await f.tenant()];
    const { id } = await subscribe(f, other.key);
    expect((await f.api.call('GET', `/v1/subscriptions/${id}`, { key: mine.key })).status).toBe(404);
    expect((await f.api.call('DELETE', `/v1/subscriptions/${id}`, { key: mine.key })).status).toBe(404);
    expect((await f.api.call('GET', '/v1/subscriptions', { key: mine.key })).body.items).toEqual([]);
    expect(await hasDurable(id)).toBe(true);
  });

  it('carries only what its filter names, from where it begins', async () => {
    const { id, key } = await f.tenant();
    const jobId = newId();
    await jobs.append(id, jobId, 3);
    const [all, fresh, keys] = await Promise.all([
      subscribe(f, key, { filter: { aggregate: 'jobs' }, startAt: 'all' }),
      subscribe(f, key, { filter: { aggregate: 'jobs' }, startAt: 'new' }),
      subscribe(f, key, { filter: { eventType: 'api-key-created' }, startAt: 'all' }),
    ]);
    await jobs.append(id, jobId, 2);
    const read = async (one: TestSubscription) => {
      const nc = await enter(one);
      const events = await take(nc, one, 100, { expires: 1000 });
      await nc.close();
      return events;
    };
    expect(versionsOf(await read(all), jobId)).toEqual([1, 2, 3, 4, 5]);
    expect(versionsOf(await read(fresh), jobId)).toEqual([4, 5]);
    expect((await read(keys)).map(event => event.type)).toEqual(['freight.tenants.api-key-created']);
    const wrong = await f.api.call('POST', '/v1/subscriptions', {
      key,
      body: { name: 'x', filter: { aggregate: 'tenants', eventType: 'job-started' } },
    });
    expect(wrong.body).toMatchObject({ status: 400, errors: [{ pointer: '/filter/eventType' }] });
  });

  it('is refused beyond the tenant’s limit, and makes room when it is revoked', async () => {
    await f.stopTenants();
    await f.startTenants({ FREIGHT_SUBSCRIPTIONS_PER_TENANT_MAX: '1' });
    const { key } = await f.tenant();
    const first = await subscribe(f, key);
    const second = await f.api.call('POST', '/v1/subscriptions', { key, body: { name: 'Two' } });
    expect(second.body).toMatchObject({ status: 409, code: 'subscription_limit' });
    expect((await revoke(key, first)).status).toBe(204);
    await subscribe(f, key);
    await f.stopTenants();
    await f.startTenants();
  });

  it('is refused where the broker has no accounts', async () => {
    await f.stopTenants();
    await f.startTenants({ FREIGHT_NATS_SIGNING_FILE: '' });
    const { key } = await f.tenant();
    const answer = await f.api.call('POST', '/v1/subscriptions', { key, body: { name: 'x' } });
    expect(answer.body).toMatchObject({ status: 501, code: 'subscriptions_off' });
    await f.stopTenants();
    await f.startTenants();
  });
});

describe('a revoked subscription', () => {
  it('has its live connections closed within a second, lets nobody in and leaves nothing at the broker', async () => {
    const { key } = await f.tenant();
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const subscription = await subscribe(f, key);
      const nc = await enter(subscription);
      await take(nc, subscription, 1, { expires: 1000 });
      const over = isOver(nc);
      expect((await revoke(key, subscription)).status).toBe(204);
      times.push(await over);
      await nc.close();
      expect(await letsIn(subscription)).toBe(false);
      await until('its durable is gone', async () => !(await hasDurable(subscription.id)));
      expect((await revoke(key, subscription)).status).toBe(204);
    }
    const sorted = times.toSorted((a, b) => a - b);
    console.log(
      `from the request to the closed connection: ${times.length} revocations, p50 ${sorted[5]?.toFixed(0)} ms, longest ${sorted.at(-1)?.toFixed(0)} ms`,
    );
    expect(Math.max(...times)).toBeLessThan(1000);
  });

  it('is out although the tenant service ended between the commit and the broker', async () => {
    const { key } = await f.tenant();
    const subscription = await subscribe(f, key);
    await f.stopTenants();
    // Without the keys it decides and records, and tells the broker nothing: as far as one that was killed right after its commit comes.
    await f.startTenants({ FREIGHT_NATS_SIGNING_FILE: '' });
    expect((await revoke(key, subscription)).status).toBe(204);
    await f.stopTenants();
    expect(await letsIn(subscription)).toBe(true);
    await f.startTenants();
    await until('it is out', async () => !(await letsIn(subscription)));
    await until('its durable is gone', async () => !(await hasDurable(subscription.id)));
  });

  it('is out when the broker is back that was away', async () => {
    const { key } = await f.tenant();
    const subscription = await subscribe(f, key);
    await f.nats.kill();
    const answer = await f.api.call('DELETE', `/v1/subscriptions/${subscription.id}`, {
      key,
      headers: { prefer: 'respond-async' },
    });
    expect(answer.status).toBe(202);
    await f.nats.restart();
    await until('it is out', async () => !(await letsIn(subscription)), 20_000);
  });
});

describe('a suspended tenant’s subscription', () => {
  it('lets nobody in until the tenant is activated, and then goes on where it was', async () => {
    const { id, key } = await f.tenant();
    const subscription = await subscribe(f, key, { filter: { aggregate: 'jobs' } });
    const jobId = newId();
    await jobs.append(id, jobId, 4);
    const nc = await enter(subscription);
    expect(versionsOf(await take(nc, subscription, 2), jobId)).toEqual([1, 2]);
    const over = isOver(nc);
    expect((await f.api.call('POST', `/v1/tenants/${id}/suspend`, { key: f.operatorKey })).status).toBe(200);
    await over;
    await nc.close();
    expect(await letsIn(subscription)).toBe(false);
    expect((await f.api.call('POST', `/v1/tenants/${id}/activate`, { key: f.operatorKey })).status).toBe(200);
    await until('it is let in', () => letsIn(subscription));
    const again = await enter(subscription);
    expect(versionsOf(await take(again, subscription, 2), jobId)).toEqual([3, 4]);
    await again.close();
  });
});

describe('a subscription whose broker lost everything', () => {
  it('goes on where it had acknowledged: nothing is left out, first deliveries in order', {
    timeout: 60_000,
  }, async () => {
    const tenant = await f.tenant();
    const other = await f.tenant();
    const [quiet, busy] = [
      await subscribe(f, tenant.key, { filter: { aggregate: 'jobs' } }),
      await subscribe(f, other.key, { filter: { aggregate: 'jobs' } }),
    ];
    const ofTenant = await subscribe(f, other.key, { filter: { aggregate: 'tenants' }, startAt: 'all' });
    const [one, two, foreign] = [newId(), newId(), newId()];
    for (let i = 0; i < 10; i++) {
      await jobs.append(tenant.id, one, 2);
      await jobs.append(other.id, foreign, 3);
      await jobs.append(tenant.id, two, 2);
    }
    const nc = await enter(quiet);
    const before = await take(nc, quiet, 20);
    expect(before).toHaveLength(20);
    const busyConnection = await enter(busy);
    expect(await take(busyConnection, busy, 30)).toHaveLength(30);
    const tenantConnection = await enter(ofTenant);
    // The broker was away a moment ago: what was being sent then is sent again after some seconds.
    let taken = 0;
    await until(
      'its events have come',
      async () => (taken += (await take(tenantConnection, ofTenant, 100, { expires: 1000 })).length) > 3,
      20_000,
    );
    // The floors are saved: where there is nothing left to take, to the very place.
    await until('the floors are saved', async () => {
      const rows = await f.database.admin`
        select subscription_id from subscription_floors f where subscription_id in (${quiet.id}, ${busy.id}) and stream_seq > 0
          and job_tx > '0'::xid8`;
      const caughtUp = await f.database.admin`
        select 1 from subscription_floors f join relay_positions p on p.relay = 'relay job' and (f.job_tx, f.job_seq) = (p.tx, p.seq)
        where subscription_id = ${busy.id}`;
      const tenants = await f.database.admin`
        select 1 from subscription_floors f join relay_positions p on p.relay = 'relay tenant' and (f.tenant_tx, f.tenant_seq) = (p.tx, p.seq)
        where subscription_id = ${ofTenant.id}`;
      return rows.length === 2 && caughtUp.length === 1 && tenants.length === 1;
    });
    await f.nats.wipe();
    await jobs.append(tenant.id, one, 1);
    await until(
      'the durable is there again',
      async () => (await Promise.all([quiet, busy, ofTenant].map(({ id }) => hasDurable(id)))).every(Boolean),
      30_000,
    );

    const after: Awaited<ReturnType<typeof take>>[number][] = [];
    await until(
      'all that was not acknowledged has come',
      async () => {
        after.push(...(await take(nc, quiet, 100, { expires: 1000 })));
        const ids = new Set([...before, ...after].map(event => event.id));
        return ids.size === 41;
      },
      20_000,
    );
    const firsts = [
      ...new Map([...before, ...after].toReversed().map(event => [event.id, event])).values(),
    ].toReversed();
    expect(versionsOf(firsts, one)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    expect(versionsOf(firsts, two)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    // Who had acknowledged everything gets nothing again.
    expect(await take(busyConnection, busy, 100, { expires: 1000 })).toEqual([]);
    await nc.close();
    expect(await take(tenantConnection, ofTenant, 100, { expires: 1000 })).toEqual([]);
    await tenantConnection.close();
    await busyConnection.close();
  });
});
