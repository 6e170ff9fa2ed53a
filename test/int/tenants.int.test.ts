import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Bus, connectBus } from '@freight/bus';
import {
  type CloudEvent,
  inboxPrefixOf,
  natsHeaders,
  platformTenantId,
  streams,
  subjects,
  tenantSettings,
} from '@freight/contracts';
import { newId } from '@freight/kernel';
import { createLogger, runStopSteps } from '@freight/runtime';
import { type NatsServer, startNats } from '@freight/servers';
import { bootstrapPlatform } from '@freight/tenants/bootstrap';
import { compose, readConfig, type TenantsService } from '@freight/tenants/compose';
import { rebuildTenants } from '@freight/tenants/rebuild';
import { jetstream } from '@nats-io/jetstream';
import { connect, createInbox, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let nats: NatsServer & { close(): Promise<void> };
let service: TenantsService;
let bus: Bus;
let nc: NatsConnection;
const logger = createLogger({ service: 'test', level: 'error', destination: { write: () => {} } });

beforeAll(async () => {
  database = await createTestDatabase();
  nats = await startNats({ dir: join(import.meta.dirname, '../../.freight'), durable: false });
  const config = readConfig({
    FREIGHT_ENVIRONMENT: 'test',
    FREIGHT_DATABASE_URL: database.url('freight_tenants'),
    FREIGHT_NATS_URL: nats.url,
    FREIGHT_NATS_CREDENTIALS_FILE: nats.credentials.tenants,
    FREIGHT_HEALTH_PORT: '0',
    FREIGHT_HEALTH_HOST: '127.0.0.1',
  });
  service = await compose(config, { logger });
  bus = await connectBus({
    url: nats.url,
    // Replies come to the gateway's inbox, and to no other.
    service: 'gateway',
    credentialsFile: nats.credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });
  nc = await connect(asUser(nats));
});
afterAll(async () => {
  await runStopSteps(service.stopSteps, logger);
  await bus.close();
  await nc.close();
  await nats.close();
  await database.drop();
});

/** Records a command as the gateway does, sends it and waits for the reply. */
const send = async (type: string, tenantId: string, body: Record<string, unknown>, callerTenantId = tenantId) => {
  const id = newId();
  await database.admin`
    insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed)
    values (${callerTenantId}, ${id}, 'tenants', ${type}, ${tenantId}, ${randomBytes(32)}, ${randomBytes(32)})`;
  const envelope = {
    id,
    type,
    tenantId,
    callerTenantId,
    actor: { kind: 'api-key' as const, id: 'test' },
    issuedAt: new Date().toISOString(),
    body,
  };
  const reply = bus.awaitReply(id, 10_000);
  await bus.publishCommand(envelope, 'tenants');
  return { id, envelope, reply: await reply };
};

const key = () => ({ keyId: newId(), prefix: `frt_test_${randomBytes(4).toString('hex')}`, hash: '$2b$04$hash' });

const createTenant = async () => {
  const id = newId();
  const request = { name: 'T', slug: `t-${id.slice(-12)}`, settings: tenantSettings.parse({}) };
  const sent = await send('create-tenant', id, { request, key: key() }, platformTenantId);
  expect(sent.reply?.status).toBe(201);
  return id;
};

const deadLetter = async (subject: string) => {
  const js = jetstream(nc);
  const consumer = await js.consumers.get(streams.dead, { filter_subjects: subject });
  return consumer.next({ expires: 5000 });
};

const readEvents = async (tenantId: string, count: number): Promise<CloudEvent[]> => {
  const consumer = await jetstream(nc).consumers.get(streams.events, {
    filter_subjects: subjects.eventsOfStream(tenantId, 'tenants', tenantId),
  });
  const events: CloudEvent[] = [];
  while (events.length < count) {
    const message = await consumer.next({ expires: 5000 });
    if (!message) break;
    events.push(message.json<CloudEvent>());
  }
  return events;
};

describe('the platform', () => {
  it('is made once, with an operator key', async () => {
    const db = database.open('freight_tenants');
    expect(await bootstrapPlatform(db, key(), new Date())).toBe('created');
    expect(await bootstrapPlatform(db, key(), new Date())).toBe('exists');
    const keys = await database.admin`select scopes from api_keys where tenant_id = ${platformTenantId}`;
    expect(keys.map(row => row['scopes'])).toEqual([['operator']]);
    expect(await database.admin`select 1 from api_key_hashes where tenant_id = ${platformTenantId}`).toHaveLength(1);
  });
});

describe('the tenant service', () => {
  it('answers a repeated message with the stored reply and records nothing twice', async () => {
    const tenantId = await createTenant();
    const body = {
      connectionId: newId(),
      name: 'C',
      system: 'attio',
      baseUrl: 'https://api.attio.com',
      sealedCredentials: 'AAAA',
    };
    const first = await send('create-connection', tenantId, body);
    expect(first.reply?.status).toBe(201);
    const inbox = createInbox(inboxPrefixOf('gateway'));
    const answers = nc.subscribe(inbox, { max: 1, timeout: 10_000 });
    const repeat = headers();
    repeat.set(natsHeaders.replyTo, inbox);
    // Without a message id the broker does not see the repeat.
    await jetstream(nc).publish(
      subjects.command(tenantId, 'tenants', 'create-connection'),
      JSON.stringify(first.envelope),
      { headers: repeat },
    );
    for await (const answer of answers) expect(answer.json()).toEqual(first.reply);
    const events = await database.admin`select 1 from tenant_events where metadata ->> 'commandId' = ${first.id}`;
    expect(events).toHaveLength(1);
  });

  it('decides commands of one tenant one after the other, whatever the load', async () => {
    const tenantId = await createTenant();
    const sent = await Promise.all(
      Array.from({ length: 20 }, () =>
        send('create-api-key', tenantId, { key: key(), label: 'k', scopes: ['read'], expiresAt: null }),
      ),
    );
    expect(new Set(sent.map(one => one.reply?.status))).toEqual(new Set([201]));
    const versions =
      await database.admin`select version from tenant_events where tenant_id = ${tenantId} order by version`;
    const all = Array.from({ length: 22 }, (_, i) => i + 1);
    expect(versions.map(row => Number(row['version']))).toEqual(all);
    // The order of the log is the order of the stream, although the transactions began in another one.
    const inOrder =
      await database.admin`select version from tenant_events where tenant_id = ${tenantId} order by tx, seq`;
    expect(inOrder.map(row => Number(row['version']))).toEqual(all);
    const relayed = await readEvents(tenantId, 22);
    expect(relayed.map(one => one.streamversion)).toEqual(all);
  });

  it('mirrors the first key in the tenant’s row', async () => {
    const tenantId = await createTenant();
    await send('create-api-key', tenantId, { key: key(), label: 'second', scopes: ['read'], expiresAt: null });
    const [row] = await database.admin`
      select t.api_key_prefix = k.prefix as same_prefix, t.api_key_hash = h.hash as same_hash
      from tenants t join api_keys k on k.tenant_id = t.id and k.label = 'First key'
      join api_key_hashes h on h.tenant_id = t.id and h.key_id = k.id where t.id = ${tenantId}`;
    expect(row).toMatchObject({ same_prefix: true, same_hash: true });
  });

  it.each([
    ['not JSON', 'create-tenant', 'garbage', 'not_json'],
    ['no envelope', 'create-tenant', '{"id":1}', 'schema_mismatch'],
  ])('parks what is %s with its reason', async (_, type, text, reason) => {
    const tenantId = newId();
    await jetstream(nc).publish(subjects.command(tenantId, 'tenants', type), text);
    const letter = await deadLetter(subjects.dead(tenantId, streams.commands));
    expect(letter?.headers?.get(natsHeaders.deadReason)).toBe(reason);
    expect(letter?.string()).toBe(text);
  });

  it('parks a command that nobody recorded, and one for another tenant than its subject', async () => {
    const tenantId = newId();
    const envelope = {
      id: newId(),
      type: 'delete-connection',
      tenantId,
      callerTenantId: tenantId,
      actor: { kind: 'service', id: 'x' },
      issuedAt: new Date().toISOString(),
      body: { connectionId: newId() },
    };
    await bus.publishCommand(envelope as never, 'tenants');
    const letter = await deadLetter(subjects.dead(tenantId, streams.commands));
    expect(letter?.headers?.get(natsHeaders.deadReason)).toBe('refused');
    const other = newId();
    await jetstream(nc).publish(
      subjects.command(other, 'tenants', 'delete-connection'),
      JSON.stringify({ ...envelope, id: newId() }),
    );
    const second = await deadLetter(subjects.dead(other, streams.commands));
    expect(second?.headers?.get(natsHeaders.deadReason)).toBe('subject_mismatch');
  });

  it('publishes its events in order, as CloudEvents', async () => {
    const tenantId = await createTenant();
    const connectionId = newId();
    await send('create-connection', tenantId, {
      connectionId,
      name: 'C',
      system: 'affinity',
      baseUrl: 'https://api.affinity.co',
      sealedCredentials: 'AAAA',
    });
    const events = await readEvents(tenantId, 3);
    expect(events.map(one => [one.streamversion, one.type])).toEqual([
      [1, 'freight.tenants.tenant-created'],
      [2, 'freight.tenants.api-key-created'],
      [3, 'freight.tenants.connection-created'],
    ]);
    expect(JSON.stringify(events)).not.toContain('$2b$');
  });

  it('has read models that a rebuild makes again, byte for byte', async () => {
    const tenantId = await createTenant();
    const connectionId = newId();
    const base = {
      connectionId,
      name: 'C',
      system: 'affinity',
      baseUrl: 'https://api.affinity.co',
      sealedCredentials: 'AAAA',
    };
    await send('create-connection', tenantId, base);
    await send('update-connection', tenantId, { connectionId, name: 'D' });
    await send('create-connection', tenantId, { ...base, connectionId: newId() });
    await send('delete-connection', tenantId, { connectionId });
    const tables = ['tenants', 'api_keys', 'connections', 'tenant_streams'];
    const dump = async () =>
      Promise.all(tables.map(async table => database.admin.unsafe(`select t::text as row from ${table} t order by 1`)));
    const before = await dump();
    const result = await rebuildTenants(database.open('freight_tenants'));
    expect(result.events).toBeGreaterThan(6);
    expect(await dump()).toEqual(before);
  });

  it('is ready, and says so', async () => {
    const answer = await fetch(`http://127.0.0.1:${service.healthPort}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { status: 'ready', checks: { postgres: 'ok', nats: 'ok' } },
    ]);
  });
});
