import type { NewAuditEntry } from '@freight/audit';
import { currentTraceparent } from '@freight/bus';
import { type CommandEnvelope, type CommandReply, platformTenantId, uuid } from '@freight/contracts';

const camelCase = (kebab: string): string => kebab.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const idOf = (thing: unknown): string | undefined =>
  typeof thing === 'object' && thing !== null && 'id' in thing ? uuid.safeParse(thing.id).data : undefined;

const actorKindOf = ({ actor, callerTenantId }: CommandEnvelope): NewAuditEntry['actorKind'] => {
  if (actor.kind !== 'api-key') return actor.kind;
  return callerTenantId === platformTenantId ? 'operator' : 'tenant';
};

/**
 * What the audit log says of a command and its answer: ids, never a value of the body. The id of what was made is taken from the answer.
 * A command of a version that says nothing of its origin is named by its type: `create-job` is the operation `createJob` on a `job`.
 */
export const auditOf = (envelope: CommandEnvelope, reply: CommandReply): NewAuditEntry => {
  const { origin, type } = envelope;
  const kind = origin?.resource.kind ?? type.slice(type.indexOf('-') + 1);
  const { code } = reply.body;
  return {
    requestedAt: new Date(envelope.issuedAt),
    actorKind: actorKindOf(envelope),
    actorId: envelope.actor.id,
    source: origin?.source ?? null,
    operation: origin?.operation ?? camelCase(type),
    resourceKind: kind,
    resourceId: origin?.resource.id ?? idOf(reply.body) ?? idOf(reply.body[camelCase(kind)]) ?? null,
    outcome: reply.status < 400 ? 'accepted' : reply.status < 500 ? 'refused' : 'failed',
    status: reply.status,
    code: reply.status >= 400 && typeof code === 'string' ? code.slice(0, 100) : null,
    commandId: envelope.id,
    traceId: origin?.traceId ?? currentTraceparent()?.split('-')[1],
  };
};
