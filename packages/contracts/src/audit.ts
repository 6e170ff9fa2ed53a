import { z } from 'zod';
import { uuid } from './ids.ts';

/** `unknown`: nobody could tell whose key it was, if it was one. */
export const auditActorKinds = ['tenant', 'operator', 'cli', 'service', 'unknown'] as const;
export const auditOutcomes = ['accepted', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

const microseconds = z
  .string()
  .regex(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .meta({ format: 'date-time', example: '2026-11-23T10:15:00.000000Z' });
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, in hexadecimal digits.');

/**
 * An entry of the audit log, as it is shown, downloaded and digested: `hash` is the SHA-256 of the rest as JSON after RFC 8785.
 * A name more would be another digest: it needs another `format`, and the old one is verified for ever.
 */
export const auditEntry = z
  .strictObject({
    format: z.literal(1),
    tenantId: uuid.describe('Whose log it is.'),
    seq: z.number().int().min(1).describe('1, 2, 3, … without gaps.'),
    at: microseconds.describe("When it was written, by the database's clock."),
    requestedAt: microseconds.describe('When the request came; the first, where the entry stands for several.'),
    actorKind: z.enum(auditActorKinds),
    actorId: z.string().nullable().describe('The id of the API key; never the key.'),
    source: z
      .string()
      .nullable()
      .describe("The address that it came from. Null in a tenant's log where an operator acted."),
    operation: z.string().nullable().describe('The `operationId`.'),
    resourceKind: z.string().nullable(),
    resourceId: uuid.nullable(),
    subjectTenantId: uuid.nullable().describe('On whose, in the log of the operators.'),
    outcome: z.enum(auditOutcomes),
    status: z.number().int().describe('The HTTP status.'),
    code: z.string().nullable().describe('The code of the problem.'),
    count: z.number().int().min(1).describe('Equal requests that the entry stands for.'),
    commandId: uuid.nullable(),
    traceId: z.string().nullable(),
    previousHash: sha256.describe('`hash` of the entry before; 64 zeros in the first.'),
    hash: sha256,
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntry>;
