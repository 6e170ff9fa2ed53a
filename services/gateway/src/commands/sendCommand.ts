import {
  type CommandEnvelope,
  type CommandReply,
  type CommandService,
  type ProblemCode,
  type ProblemIssue,
  problem,
  problems,
} from '@freight/contracts';
import { canonicalJson, newId } from '@freight/kernel';
import { sealContexts } from '@freight/vault';
import type { Deps } from '../deps.ts';
import { type Answer, refuse } from '../http/answer.ts';
import type { RouteRequest } from '../http/defineRoute.ts';
import type { CommandHeaders } from '../http/fields.ts';
import { type CommandRecord, findCommand, recordCommand } from './commandRecords.ts';

type Body = Readonly<Record<string, unknown>>;

/** A command, ready to travel. Whatever is secret in it is sealed or hashed by now. */
export interface PreparedCommand {
  /** Whose stream it changes; the caller's own unless an operator acts. */
  readonly tenantId?: string;
  readonly body: Record<string, unknown>;
  /** A secret that only this answer shows, and where in the reply it belongs. */
  readonly secret?: { readonly value: string; readonly addTo: (reply: Body) => Body };
}

export interface CommandSpec {
  readonly service: CommandService;
  readonly type: string;
  /** Makes ids, keys and hashes; not called for a repeat. */
  readonly prepare: () => Promise<PreparedCommand> | PreparedCommand;
  /** The key that may not be used from now on, although the command waits. */
  readonly holdsKey?: string;
  /** Where what was made can be read. */
  readonly location?: (reply: Body) => string;
  /** More headers of a reply that says yes. */
  readonly headers?: (reply: Body) => Readonly<Record<string, string>>;
}

const commandLocation = (commandId: string) => `/v1/commands/${commandId}`;

const isProblemCode = (code: unknown): code is ProblemCode => typeof code === 'string' && Object.hasOwn(problems, code);

/** A refusal in the form that this process gives to its own: what was stored as JSON comes back with its names in another order. */
const sameBytes = (body: Body): Body => {
  const { code, detail, errors } = body;
  if (!isProblemCode(code)) return body;
  return {
    ...problem(
      code,
      typeof detail === 'string' ? detail : undefined,
      Array.isArray(errors) ? (errors as ProblemIssue[]) : undefined,
    ),
  };
};

const answerReply = (reply: CommandReply, spec: CommandSpec, body: Body = reply.body): Answer => ({
  status: reply.status,
  commandId: reply.commandId,
  body: reply.status >= 400 ? sameBytes(body) : body,
  headers: {
    ...(reply.status === 201 && spec.location ? { location: spec.location(reply.body) } : {}),
    ...(reply.status < 300 ? spec.headers?.(reply.body) : {}),
  },
});

/** A request whose idempotency key is known: the stored reply, or why there is none. */
const answerRepeat = (record: CommandRecord, fingerprint: Buffer, spec: CommandSpec): Answer => {
  if (!record.fingerprint.equals(fingerprint)) {
    return refuse('idempotency_key_reused', 'Use a new idempotency key for every new request.');
  }
  if (!record.reply) {
    const headers = { 'retry-after': '1', location: commandLocation(record.id) };
    return refuse('command_in_flight', undefined, { headers });
  }
  const answer = answerReply(record.reply, spec);
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
};

const wantsNoWait = (prefer: string | undefined): boolean =>
  prefer !== undefined && /(?:^|[,\s])respond-async\s*(?:[,;]|$)/i.test(prefer);

/**
 * Publishes and waits for the reply.
 * @returns undefined when there is none in time, or when it could not be published: it is recorded, and will be published again.
 */
const publishAndWait = async (
  deps: Deps,
  envelope: CommandEnvelope,
  service: CommandService,
  wait: boolean,
): Promise<CommandReply | undefined> => {
  if (!deps.bus.isConnected()) return undefined;
  const reply = wait ? deps.bus.awaitReply(envelope.id, deps.commandReplyTimeoutMs) : Promise.resolve(undefined);
  const published = deps.bus.publishCommand(envelope, service).then(
    () => true,
    (error: unknown) => {
      deps.logger.warn({ err: error, commandId: envelope.id }, 'a command waits to be published again');
      return false;
    },
  );
  // A failed publish ends the waiting; a slow one does not hold up a reply that is there.
  const first = await Promise.race([reply, published.then(done => (done ? reply : undefined))]);
  if (first || !wait) return first;
  // The reply may have gone to another gateway, which published the command again, or have been lost with the connection.
  const record = await findCommand(deps.db, envelope.callerTenantId, { id: envelope.id });
  return record?.reply;
};

/**
 * Records a command, publishes it and answers with its reply. From the moment that it is recorded it will be carried out, whatever is
 * lost afterwards: an answer of 202 says just that.
 */
export const sendCommand = async (
  deps: Deps,
  request: RouteRequest<unknown, unknown, CommandHeaders>,
  spec: CommandSpec,
): Promise<Answer> => {
  const { caller } = request;
  const vault = await deps.vault.of(caller.tenantId);
  // Before sealing, since that gives other bytes each time; an HMAC, since it stands in clear beside the sealed body.
  const { method, path, query, sentBody } = request;
  const asked = [method, path, sentBody, ...(Object.keys(query as object).length > 0 ? [query] : [])];
  const fingerprint = vault.fingerprint(canonicalJson(asked), 'command');
  const idempotencyKey = request.headers['idempotency-key'];
  const earlier = async () =>
    idempotencyKey === undefined ? undefined : findCommand(deps.db, caller.tenantId, { idempotencyKey });

  const known = await earlier();
  if (known) return answerRepeat(known, fingerprint, spec);

  const prepared = await spec.prepare();
  const envelope: CommandEnvelope = {
    id: newId(),
    type: spec.type,
    tenantId: prepared.tenantId ?? caller.tenantId,
    callerTenantId: caller.tenantId,
    actor: { kind: 'api-key', id: caller.keyId },
    issuedAt: deps.now().toISOString(),
    origin: request.origin,
    body: prepared.body,
  };
  const recorded = await recordCommand(deps.db, caller.tenantId, {
    id: envelope.id,
    service: spec.service,
    type: spec.type,
    subjectTenantId: envelope.tenantId,
    idempotencyKey,
    fingerprint,
    holdsKey: spec.holdsKey,
    sealed: vault.seal(JSON.stringify(envelope), sealContexts.command(caller.tenantId, envelope.id)),
  });
  if (!recorded) {
    const twin = await earlier();
    return twin ? answerRepeat(twin, fingerprint, spec) : refuse('command_in_flight');
  }

  const wait = !wantsNoWait(request.headers.prefer);
  const reply = await publishAndWait(deps, envelope, spec.service, wait);
  if (reply) {
    const shown = prepared.secret && reply.status < 300 ? prepared.secret.addTo(reply.body) : reply.body;
    return answerReply(reply, spec, shown);
  }
  return {
    status: 202,
    commandId: envelope.id,
    // A secret that is not in this answer would be lost: no later one has it.
    body: { commandId: envelope.id, ...(prepared.secret ? { secret: prepared.secret.value } : {}) },
    headers: { location: commandLocation(envelope.id), ...(wait ? {} : { 'preference-applied': 'respond-async' }) },
  };
};
