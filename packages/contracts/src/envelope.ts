import { z } from 'zod';
import { uuid } from './ids.ts';
import { instant } from './instant.ts';

/** What is stored as it came, whoever wrote it: nothing that no column holds. */
const word = z
  .string()
  .max(100)
  .regex(/^[\x20-\x7e]*$/, 'must be visible ASCII');

/** Who asked, for the log: ids only, never a key. */
export const actor = z.object({
  kind: z.enum(['api-key', 'service', 'cli']),
  id: word,
});
export type Actor = z.infer<typeof actor>;

/** How a request came, for the audit log. */
const origin = z.object({
  /** The operation of the API. */
  operation: word,
  /** What it is about; without an id where the command makes it. */
  resource: z.object({ kind: word, id: uuid.optional() }),
  /** The address that it came from. */
  source: word.optional(),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
});
export type Origin = z.infer<typeof origin>;

/**
 * A command as it travels. `tenantId` is whose stream it changes and stands in the subject too; `callerTenantId` is under whose
 * scope the command row and its reply are kept (they differ when an operator acts on a tenant).
 */
export const commandEnvelope = z.object({
  id: uuid,
  type: z.string().regex(/^[a-z][a-z-]{1,60}$/),
  tenantId: uuid,
  callerTenantId: uuid,
  actor,
  issuedAt: instant,
  /** Not in a command of a version before the audit log. */
  origin: origin.optional(),
  body: z.record(z.string(), z.unknown()),
});
export type CommandEnvelope = z.infer<typeof commandEnvelope>;

/** The answer to a command: an HTTP status and the body the client sees. Stored in the transaction of the command's events. */
export const commandReply = z.object({
  commandId: uuid,
  status: z.number().int().min(200).max(599),
  body: z.record(z.string(), z.unknown()),
});
export type CommandReply = z.infer<typeof commandReply>;

/** What is kept beside each event: who and what caused it, and the trace it belongs to. */
export const eventMetadata = z.object({
  commandId: uuid.optional(),
  actor: actor.optional(),
  traceparent: z.string().optional(),
});
export type EventMetadata = z.infer<typeof eventMetadata>;
