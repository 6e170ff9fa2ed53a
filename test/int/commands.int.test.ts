/** The consumer of commands over real servers, with a service of two lines behind it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditHead, readAudit } from '@freight/audit';
import { type Bus, type Consuming, connectBus } from '@freight/bus';
import { type CommandHandler, startCommandConsumer } from '@freight/commands';
import {
  type CommandEnvelope,
  type CommandReply,
  natsHeaders,
  platformTenantId,
  problem,
  streams,
  subjects,
} from '@freight/contracts';
import { FreightError, newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { type NatsServer, startNats } from '@freight/servers';
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asUser } from '../harness/asUser.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { until } from './until.ts';

const schemas = { 'add-mark': z.object({ mark: z.string(), jobId: z.string() }) };
type AddMark = z.infer<(typeof schemas)['add-mark']>;

let nats: NatsServer & { close(): Promise<void> };
let database: TestDatabase;
let db: Database;
let bus: Bus;
let raw: NatsConnection;
let manager: JetStreamManager;
let consuming: Consuming;
let errors: unknown[];
let handled: string[];
let heads: (readonly AuditHead[])[];
/** What the service does in place of its usual. */
let decide: CommandHandler<AddMark>;
const tenantId = newId();
const operator = newId();

/** The usual: an event in the job log, and an answer. */
const usual: CommandHandler<AddMark> = ({ envelope, body, metadata }) =>
  Promise.resolve(async sql => {
    await sql`
      insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
      values (${envelope.tenantId}, ${body.jobId}, 1, ${newId()}, 'mark', '{}', ${sql.json(metadata)}, now())`;
    return { status: 201, body: { mark: body.mark } };
  });

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.open('freight_jobs');
  nats = await startNats({ dir: join(tmpdir(), 'freight-test-nats'), durable: false });
  bus = await connectBus({
    url: nats.url,
    credentialsFile: nats.credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });
  raw = await connect(asUser(nats));
  manager = await jetstreamManager(raw, { checkAPI: false });
  await bus.ensureTopology();
});
afterAll(async () => {
  await bus.close();
  await raw.close();
  await nats.close();
  await database.drop();
});
beforeEach(async () => {
  await manager.streams.purge(streams.commands);
  await manager.streams.purge(streams.dead);
  errors = [];
  handled = [];
  heads = [];
  decide = usual;
  consuming = startCommandConsumer({
    bus,
    db,
    service: 'jobs',
    schemas,
    handlers: { 'add-mark': command => decide(command) },
    concurrency: 4,
    onHandled: ({ type, disposition, auditHeads }) => {
      handled.push(`${type} ${disposition}`);
      heads.push(auditHeads);
    },
    onError: error => errors.push(error),
  });
});
afterEach(() => consuming.stop());

const command = (over: Partial<CommandEnvelope> = {}): CommandEnvelope => ({
  id: newId(),
  type: 'add-mark',
  tenantId,
  callerTenantId: tenantId,
  actor: { kind: 'api-key', id: 'key 1' },
  issuedAt: new Date().toISOString(),
  body: { mark: 'm', jobId: newId() },
  ...over,
});

const record = (envelope: CommandEnvelope) => database.admin`
  insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed)
  values (${envelope.callerTenantId}, ${envelope.id}, 'jobs', ${envelope.type}, ${envelope.tenantId}, '\\x00', '\\x00')`;

const rowOf = async (envelope: CommandEnvelope) => {
  const [row] = await database.admin`
    select state, reply_status, reply_body, replied_at is not null as replied,
      (select count(*)::int from job_events where stream_id = ${envelope.body['jobId'] as string}) as events,
      (select count(*)::int from audit_log where command_id = ${envelope.id}) as entries
    from commands where id = ${envelope.id} and tenant_id = ${envelope.callerTenantId}`;
  return row;
};
const pending = { state: 'pending', reply_status: null, reply_body: null, replied: false, events: 0, entries: 0 };

/** Sends a message as it is and answers what its inbox gets. */
const send = async (
  subject: string,
  data: string,
  options: { id?: string; waitMs?: number } = {},
): Promise<CommandReply | undefined> => {
  const inbox = `_INBOX.test.${newId()}`;
  const subscription = raw.subscribe(inbox, { max: 1, timeout: options.waitMs ?? 5000 });
  const carrier = headers();
  carrier.set(natsHeaders.replyTo, inbox);
  await jetstream(raw).publish(subject, data, { headers: carrier, ...(options.id ? { msgID: options.id } : {}) });
  try {
    for await (const message of subscription) return message.json<CommandReply>();
  } catch {
    // No reply in time.
  }
  return undefined;
};
const sendCommand = (envelope: CommandEnvelope) =>
  send(subjects.command(envelope.tenantId, 'jobs', envelope.type), JSON.stringify(envelope));

const deadReason = async (): Promise<string | undefined> => {
  const { state } = await manager.streams.info(streams.dead);
  if (state.messages === 0) return undefined;
  return (await manager.streams.getMessage(streams.dead, { seq: state.last_seq }))?.header.get(natsHeaders.deadReason);
};
const gone = () => until('it is gone', async () => (await manager.streams.info(streams.commands)).state.messages === 0);

describe('a command', () => {
  it('is decided, stored with its answer, answered, and goes', async () => {
    const one = command();
    await record(one);
    expect(await sendCommand(one)).toEqual({ commandId: one.id, status: 201, body: { mark: 'm' } });
    expect(await rowOf(one)).toEqual({
      state: 'done',
      reply_status: 201,
      reply_body: { mark: 'm' },
      replied: true,
      events: 1,
      entries: 1,
    });
    const [event] =
      await database.admin`select metadata from job_events where stream_id = ${one.body['jobId'] as string}`;
    expect(event?.['metadata']).toEqual({ commandId: one.id, actor: one.actor });
    await gone();
    expect(handled).toEqual(['add-mark ack']);
    expect(await deadReason()).toBeUndefined();
  });

  it('that comes again, also many times at once, is decided once and gets the same answer', async () => {
    const one = command();
    await record(one);
    let decisions = 0;
    decide = async received => {
      const inTransaction = await usual(received);
      return async sql => {
        const decision = ++decisions;
        // Held open until the other deliveries are in the middle of it too.
        await until('others wait for the row, or went past it', async () => {
          const [waiting] = await database.admin<{ n: number }[]>`
            select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
          return (waiting?.n ?? 0) >= 3 || decisions > 1;
        });
        const answer = await inTransaction(sql);
        return { ...answer, body: { ...answer.body, decision } };
      };
    };
    const replies = await Promise.all(Array.from({ length: 8 }, () => sendCommand(one)));
    for (const reply of replies)
      expect(reply).toEqual({ commandId: one.id, status: 201, body: { mark: 'm', decision: 1 } });
    expect([decisions, await rowOf(one), errors]).toMatchObject([1, { events: 1, entries: 1 }, []]);
  });

  it('of an operator keeps its row and answer under the operator’s tenant, and its events under the other', async () => {
    const one = command({ callerTenantId: operator });
    await record(one);
    expect(await sendCommand(one)).toMatchObject({ status: 201 });
    expect(await rowOf(one)).toMatchObject({ state: 'done', events: 1, entries: 1 });
    const [event] =
      await database.admin`select tenant_id from job_events where stream_id = ${one.body['jobId'] as string}`;
    expect(event?.['tenant_id']).toBe(tenantId);
    expect(await sendCommand(one)).toMatchObject({ status: 201 });
  });

  it('whose answer cannot be stored leaves no event either, and comes again', async () => {
    const one = command();
    await record(one);
    let attempts = 0;
    decide = async received => {
      const inTransaction = await usual(received);
      return async sql => {
        const answer = await inTransaction(sql);
        attempts++;
        // The events are written; storing the answer fails, for no row takes a status that is no number.
        if (attempts === 1) return { ...answer, status: Number.NaN };
        expect(await rowOf(one)).toEqual(pending);
        return answer;
      };
    };
    expect(await sendCommand(one)).toMatchObject({ status: 201 });
    expect(attempts).toBe(2);
    expect(await rowOf(one)).toMatchObject({ state: 'done', events: 1, entries: 1 });
    expect(errors).toHaveLength(1);
  });

  it('whose process dies after the decision, before the end of its transaction, leaves nothing and is decided anew', async () => {
    const one = command();
    await record(one);
    let attempts = 0;
    decide = async received => {
      const inTransaction = await usual(received);
      return async sql => {
        const answer = await inTransaction(sql);
        if (++attempts === 1) {
          const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
          await database.admin`select pg_terminate_backend(${row?.pid ?? 0})`;
        }
        return answer;
      };
    };
    expect(await sendCommand(one)).toMatchObject({ status: 201 });
    expect(attempts).toBe(2);
    expect(await rowOf(one)).toMatchObject({ state: 'done', events: 1, entries: 1 });
  });

  it('that conflicts with another is decided again in a new transaction, at once', async () => {
    const one = command();
    await record(one);
    let attempts = 0;
    let received = 0;
    decide = async each => {
      received++;
      const inTransaction = await usual(each);
      return async sql => {
        const answer = await inTransaction(sql);
        if (++attempts < 3)
          throw new FreightError('at the same time', { code: 'concurrent_append', retry: 'retryable' });
        return answer;
      };
    };
    expect(await sendCommand(one)).toMatchObject({ status: 201 });
    expect([attempts, received, errors.length]).toEqual([3, 1, 0]);
    expect(await rowOf(one)).toMatchObject({ state: 'done', events: 1, entries: 1 });
  });

  it('whose handler fails stays pending, is answered by nobody meanwhile, and comes again', async () => {
    const one = command();
    await record(one);
    let attempts = 0;
    decide = received => (++attempts === 1 ? Promise.reject(new Error('the network')) : usual(received));
    expect(await sendCommand(one)).toMatchObject({ status: 201 });
    expect([attempts, errors.map(String)]).toEqual([2, ['Error: the network']]);
  });

  it('whose handler fails every time is answered so in the end, and parked: nobody waits for it or sends it again for ever', async () => {
    const one = command();
    await record(one);
    decide = () => Promise.reject(new RangeError('a value that nothing can store'));
    const reply = await send(subjects.command(tenantId, 'jobs', one.type), JSON.stringify(one), { waitMs: 20_000 });
    expect(reply).toMatchObject({ status: 500, body: { code: 'internal' } });
    await gone();
    expect(await deadReason()).toBe('handler_failed');
    expect(await rowOf(one)).toMatchObject({ state: 'done', reply_status: 500, events: 0 });
    expect(errors).toHaveLength(5);
  });

  it.each([
    'freight.evt.{tenant}.jobs.x.job-started',
    'freight.cmd.{tenant}.jobs.add-mark',
    'freight.revoked.{tenant}',
    '$JS.API.STREAM.DELETE.FREIGHT_EVENTS',
    '_INBOX. x',
  ])('that wants its reply on %s gets none, and is carried out', async wanted => {
    const one = command();
    await record(one);
    const stray: string[] = [];
    // Not on everything: interest in every inbox would keep the pulls of consumers alive that have stopped.
    const spies = ['freight.>', '$JS.API.STREAM.DELETE.*'].map(subject =>
      raw.subscribe(subject, {
        callback: (_, message) => {
          if (message.string().startsWith(`{"commandId":"${one.id}"`)) stray.push(message.subject);
        },
      }),
    );
    const carrier = headers();
    carrier.set(natsHeaders.replyTo, wanted.replace('{tenant}', tenantId));
    await jetstream(raw).publish(subjects.command(tenantId, 'jobs', one.type), JSON.stringify(one), {
      headers: carrier,
    });
    await until('it is carried out', async () => (await rowOf(one))?.['state'] === 'done');
    await gone();
    await raw.flush();
    for (const spy of spies) spy.unsubscribe();
    expect([stray, errors, handled]).toEqual([[], [], ['add-mark ack']]);
  });
});

describe('the entry of a command in the audit log', () => {
  const entryOf = async (envelope: CommandEnvelope, of = envelope.tenantId) => {
    const entries = await readAudit(database.open('freight_gateway'), of, {}, { order: 'newest', limit: 100 });
    return entries.find(entry => entry.commandId === envelope.id);
  };

  it('says who, what, on what, from where, and what came of it, and nothing of the body', async () => {
    const [keyId, markId, traceId] = [newId(), newId(), 'a'.repeat(32)];
    const one = command({
      actor: { kind: 'api-key', id: keyId },
      origin: { operation: 'addMark', resource: { kind: 'mark' }, source: '203.0.113.7', traceId },
      body: { mark: 'a value of a record', jobId: newId() },
    });
    await record(one);
    decide = async received => {
      const inTransaction = await usual(received);
      return async sql => ({ ...(await inTransaction(sql)), body: { id: markId, name: 'a value of a record' } });
    };
    await sendCommand(one);
    const entry = await entryOf(one);
    expect(entry).toMatchObject({
      actorKind: 'tenant',
      actorId: keyId,
      operation: 'addMark',
      resourceKind: 'mark',
      resourceId: markId,
      source: '203.0.113.7',
      outcome: 'accepted',
      status: 201,
      code: null,
      count: 1,
      traceId,
      subjectTenantId: null,
      requestedAt: one.issuedAt.replace('Z', '000Z'),
    });
    expect(JSON.stringify(entry)).not.toContain('a value of a record');
  });

  it('says that it was refused, and why', async () => {
    const jobId = newId();
    const one = command({ origin: { operation: 'addMark', resource: { kind: 'job', id: jobId } } });
    await record(one);
    decide = () => Promise.resolve(() => Promise.resolve({ status: 409, body: { ...problem('invalid_transition') } }));
    await sendCommand(one);
    const said = { outcome: 'refused', status: 409, code: 'invalid_transition', resourceId: jobId, source: null };
    expect(await entryOf(one)).toMatchObject(said);
  });

  it('of a version that says nothing of its origin is named by its type', async () => {
    const one = command();
    await record(one);
    await sendCommand(one);
    expect(await entryOf(one)).toMatchObject({
      operation: 'addMark',
      resourceKind: 'mark',
      resourceId: null,
      source: null,
    });
  });

  it('that an operator sent is in the operators’ log, and in the tenant’s where there is one', async () => {
    const subject = newId();
    await database.admin`
      insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
      values (${subject}, 'x', ${subject}, 'active', '{}', 1, now(), now())`;
    const one = command({ tenantId: subject, callerTenantId: platformTenantId });
    await record(one);
    await sendCommand(one);
    expect(await entryOf(one)).toMatchObject({ actorKind: 'operator', actorId: 'key 1', subjectTenantId: null });
    expect(await entryOf(one, platformTenantId)).toMatchObject({ actorKind: 'operator', subjectTenantId: subject });
    await until('it is told where the logs end', () => heads.length > 0);
    expect(heads.flat().map(head => head.tenantId)).toEqual([subject, platformTenantId]);
  });
});

describe('what is no command', () => {
  it('that nobody recorded is refused: decided by nobody, answered by nobody, and parked', async () => {
    const one = command();
    let decisions = 0;
    decide = () => {
      decisions++;
      return Promise.resolve(() => {
        decisions++;
        return Promise.resolve({ status: 201, body: {} });
      });
    };
    expect(
      await send(subjects.command(tenantId, 'jobs', 'add-mark'), JSON.stringify(one), { waitMs: 1000 }),
    ).toBeUndefined();
    await gone();
    expect(await deadReason()).toBe('refused');
    expect(decisions).toBeLessThanOrEqual(1);
  });

  it.each([
    ['another type', { type: 'remove-mark' }],
    ['another tenant to act on', { tenantId: operator }],
  ])('that was recorded with %s is refused as if nobody had, and the recorded one still waits', async (_, over) => {
    const one = command();
    await record({ ...one, ...over });
    expect(
      await send(subjects.command(tenantId, 'jobs', 'add-mark'), JSON.stringify(one), { waitMs: 1000 }),
    ).toBeUndefined();
    expect(await deadReason()).toBe('refused');
    expect(await rowOf(one)).toEqual(pending);
  });

  it('that was recorded by another tenant is refused as if nobody had', async () => {
    const one = command();
    await record(one);
    const forged = { ...one, tenantId: operator, callerTenantId: operator };
    expect(
      await send(subjects.command(operator, 'jobs', 'add-mark'), JSON.stringify(forged), { waitMs: 1000 }),
    ).toBeUndefined();
    expect(await deadReason()).toBe('refused');
    expect(await rowOf(one)).toEqual(pending);
  });

  it.each([
    [
      'names another tenant than its subject',
      (one: CommandEnvelope) => subjects.command(operator, 'jobs', one.type),
      {},
      'subject_mismatch',
    ],
    [
      'names another command than its subject',
      () => subjects.command(tenantId, 'jobs', 'drop-mark'),
      {},
      'subject_mismatch',
    ],
    ['has no envelope', () => subjects.command(tenantId, 'jobs', 'add-mark'), { id: 'x' }, 'schema_mismatch'],
  ] as const)('that %s is parked, and nothing is decided', async (_, subject, over, reason) => {
    const one = command();
    await record(one);
    expect(await send(subject(one), JSON.stringify({ ...one, ...over }), { waitMs: 700 })).toBeUndefined();
    await gone();
    expect(await deadReason()).toBe(reason);
    expect(await rowOf(one)).toEqual(pending);
  });

  it.each([
    ['nobody knows', 'new-kind'],
    ['is named as what every object has', 'constructor'],
  ])('whose type %s is parked, and answered so that nobody waits and it is not published again', async (_, type) => {
    const one = { ...command(), type };
    await record(one);
    const reply = await send(subjects.command(tenantId, 'jobs', type), JSON.stringify(one));
    expect(reply).toMatchObject({ status: 422, body: { code: 'invalid_command' } });
    await gone();
    expect(await deadReason()).toBe('unknown_type');
    expect(await rowOf(one)).toMatchObject({ state: 'done', reply_status: 422, entries: 1 });
  });

  it('that is not JSON is parked', async () => {
    await send(subjects.command(tenantId, 'jobs', 'add-mark'), '{', { waitMs: 300 });
    await gone();
    expect(await deadReason()).toBe('not_json');
  });

  it('whose body this version does not understand is answered so, once and for all, and parked', async () => {
    const one = command({ body: { mark: 7, jobId: newId() } });
    await record(one);
    const refused = { status: 422, body: { code: 'invalid_command' } };
    expect(await sendCommand(one)).toMatchObject(refused);
    await gone();
    expect(await deadReason()).toBe('schema_mismatch');
    expect(await rowOf(one)).toMatchObject({ state: 'done', reply_status: 422, events: 0, entries: 1 });
    expect(await sendCommand(one)).toMatchObject(refused);
  });
});
