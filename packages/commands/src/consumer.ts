import { type AuditHead, appendAudit } from '@freight/audit';
import {
  ack,
  type Bus,
  type Consuming,
  currentTraceparent,
  type Delivery,
  type Disposition,
  dead,
  parseMessage,
} from '@freight/bus';
import {
  type CommandEnvelope,
  type CommandReply,
  type CommandService,
  commandEnvelope,
  durables,
  type EventMetadata,
  type ProblemCode,
  problem,
  streams,
  subjects,
} from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import { type Database, isTransient, type TenantSql } from '@freight/postgres';
import type { z } from 'zod';
import { auditOf } from './auditOf.ts';
import { lockCommand, storeReply } from './commandRow.ts';

/** The answer that a handler gives: an HTTP status and the body that the client sees. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A command with its body read by its schema. */
export interface ReceivedCommand<B> {
  readonly envelope: CommandEnvelope;
  readonly body: B;
  /** To be kept beside every event of the command. */
  readonly metadata: EventMetadata;
}

/**
 * Handles a command in two steps: first whatever needs the network, outside any transaction; then the returned function, inside the
 * transaction that also stores the answer. The second may run again after a conflict, so it has no other effects.
 */
export type CommandHandler<B> = (command: ReceivedCommand<B>) => Promise<(sql: TenantSql) => Promise<Answer>>;

export type CommandSchemas = Readonly<Record<string, z.ZodType>>;
export type CommandHandlers<S extends CommandSchemas> = { readonly [T in keyof S]: CommandHandler<z.output<S[T]>> };

export interface CommandConsumerOptions<S extends CommandSchemas> {
  readonly bus: Bus;
  readonly db: Database;
  readonly service: CommandService;
  readonly schemas: S;
  readonly handlers: CommandHandlers<S>;
  readonly concurrency: number;
  readonly onHandled: (handled: {
    readonly type: string;
    readonly ageMs: number;
    readonly disposition: string;
    /** Where the audit logs ended after it: to be logged, since a log that was cut off looks whole. */
    readonly auditHeads: readonly AuditHead[];
  }) => void;
  readonly onError: (error: unknown, subject: string) => void;
}

const attemptsMax = 5;
/** Deliveries of a command whose handler fails for a reason that will not pass; then it is answered so. */
const failuresMax = 5;

/** A command's reply, and where the audit logs that tell of it end now. */
interface Answered {
  readonly reply: CommandReply | 'missing';
  readonly auditHeads: readonly AuditHead[];
}

const runInTransaction = async (
  { db, service }: { readonly db: Database; readonly service: CommandService },
  envelope: CommandEnvelope,
  decide: (sql: TenantSql) => Promise<Answer>,
): Promise<Answered> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.withTenant(envelope.tenantId, async sql => {
        const row = await lockCommand(sql, envelope, service);
        if (row.state === 'missing') return { reply: 'missing', auditHeads: [] };
        if (row.state === 'done') return { reply: row.reply, auditHeads: [] };
        const answer = await decide(sql);
        const reply: CommandReply = { commandId: envelope.id, status: answer.status, body: { ...answer.body } };
        await storeReply(sql, envelope, reply);
        const tenants = { caller: envelope.callerTenantId, subject: envelope.tenantId };
        return { reply, auditHeads: await appendAudit(sql, tenants, [auditOf(envelope, reply)]) };
      });
    } catch (error) {
      const conflict = error instanceof FreightError && error.code === 'concurrent_append';
      if (!(conflict || isTransient(error)) || attempt >= attemptsMax) throw error;
    }
  }
};

/**
 * Takes a service's commands from the broker. Each is answered once: the answer is stored with the events and the entry of the audit log,
 * sent to who waits, and a repeated message gets the stored one. A message that is no command of ours, or that nobody recorded, becomes a dead letter; so
 * does one whose handler keeps failing for a reason that will not pass, and is answered with 500: it would come back for ever, and be failed for ever.
 */
export const startCommandConsumer = <S extends CommandSchemas>(options: CommandConsumerOptions<S>): Consuming => {
  const { bus, service } = options;

  /** Answers without carrying anything out. */
  const settle = (envelope: CommandEnvelope, code: ProblemCode) =>
    runInTransaction(options, envelope, () => {
      const body = problem(code);
      return Promise.resolve({ status: body.status, body: { ...body } });
    });

  const handle = async (delivery: Delivery, onAudited: (heads: readonly AuditHead[]) => void): Promise<Disposition> => {
    const parsed = parseMessage(delivery.data, commandEnvelope);
    if (!parsed.ok) return parsed.error;
    const envelope = parsed.value;
    if (delivery.subject !== subjects.command(envelope.tenantId, service, envelope.type)) {
      return dead('subject_mismatch', 'the message names another tenant or command than its subject');
    }
    // Own names only: every object has a "constructor".
    const schema = Object.hasOwn(options.schemas, envelope.type) ? options.schemas[envelope.type] : undefined;
    const handler = options.handlers[envelope.type] as CommandHandler<unknown> | undefined;
    const body = schema?.safeParse(envelope.body);
    const isOurs = handler !== undefined && body?.success === true;
    let failed = false;
    const carryOut = async (): Promise<Answered> => {
      // The gateway validates what it sends: this is a command of another version. Who waits for it gets an answer all the same, and the
      // command is not published again for ever.
      if (!isOurs) return settle(envelope, 'invalid_command');
      const decide = await handler({ envelope, body: body.data, metadata: metadataOf(envelope) });
      return runInTransaction(options, envelope, decide);
    };
    const { reply, auditHeads } = await carryOut().catch((error: unknown) => {
      if (isTransient(error) || delivery.deliveryCount < failuresMax) throw error;
      failed = true;
      options.onError(error, delivery.subject);
      return settle(envelope, 'internal');
    });
    onAudited(auditHeads);
    if (reply === 'missing') return dead('refused', 'no such command was recorded');
    if (delivery.replyTo) bus.reply(delivery.replyTo, reply);
    if (failed) return dead('handler_failed', `failed ${delivery.deliveryCount} times; the log has the reason`);
    if (isOurs) return ack;
    if (!handler || !body) return dead('unknown_type', `the ${service} service has no such command`);
    return dead('schema_mismatch', `the body of ${envelope.type} does not fit its schema`);
  };

  return bus.consume({
    stream: streams.commands,
    durable: durables.commands(service),
    filter: subjects.commandsOf(service),
    ackWaitMs: 30_000,
    ackPendingMax: 1000,
    concurrency: options.concurrency,
    deliveriesMax: 20,
    destination: subject => subject.replace(/^(freight\.cmd\.)[^.]+/, '$1{tenant}'),
    handle: async delivery => {
      let auditHeads: readonly AuditHead[] = [];
      const disposition = await handle(delivery, heads => {
        auditHeads = heads;
      });
      options.onHandled({
        type: delivery.subject.split('.').at(-1) ?? '',
        ageMs: delivery.ageMs,
        disposition: disposition.kind,
        auditHeads,
      });
      return disposition;
    },
    onError: options.onError,
  });
};

const metadataOf = (envelope: CommandEnvelope): EventMetadata => {
  const traceparent = currentTraceparent();
  return { commandId: envelope.id, actor: envelope.actor, ...(traceparent === undefined ? {} : { traceparent }) };
};
