import { type AuditHead, appendAudit, type NewAuditEntry } from '@freight/audit';
import { type Origin, platformTenantId } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import type { KeyId } from '../auth/caller.ts';
import { startRefusals, type Tenants } from './refusals.ts';

/** One request, as the audit log tells it. */
export interface Act {
  /** Whose key it was, also one that may no longer be used; undefined when nobody can tell. */
  readonly key: KeyId | undefined;
  readonly origin: Origin;
  /** The tenant that the path names. */
  readonly subjectTenantId: string | undefined;
  readonly at: Date;
  readonly status: number;
  readonly code: string | null;
}

/** Writes into the audit log what has no command: what was refused here, and what was handed out. */
export interface AuditTrail {
  /** Resolves when it is written. @throws what the database throws: then it must not happen. */
  record(act: Act): Promise<void>;
  /** Written soon; never fails and never waits. */
  note(act: Act): void;
  stop(): Promise<void>;
}

export interface AuditTrailOptions {
  readonly db: Database;
  /** How long equal refusals of a known key are counted together. Milliseconds. */
  readonly refusalsMs: number;
  /** The same for whoever shows no key that we know. */
  readonly strangersMs: number;
  readonly onHead: (head: AuditHead) => void;
  readonly onDropped: (count: number) => void;
  readonly onError: (error: unknown) => void;
}

/** A key's owner sees at least so many different refusals a window in full; guesses. */
const distinctMax = 64;
const waitingMax = 10_000;
/** Strangers are told apart by address and reason: so many a window. */
const strangersMax = 100;

const tenantsOf = ({ key, subjectTenantId }: Act): Tenants => {
  const caller = key?.tenantId ?? platformTenantId;
  // Only an operator acts on others. Whoever else names a tenant in a path writes nothing into its log.
  const subject = key?.tenantId === platformTenantId ? (subjectTenantId ?? caller) : caller;
  return { caller, subject };
};

const entryOf = ({ key, origin, at, status, code }: Act): NewAuditEntry => ({
  requestedAt: at,
  actorKind: key === undefined ? 'unknown' : key.tenantId === platformTenantId ? 'operator' : 'tenant',
  actorId: key?.keyId ?? null,
  source: origin.source ?? null,
  // Strangers are counted by address and reason, whatever they try.
  operation: key === undefined ? null : origin.operation,
  resourceKind: key === undefined ? null : origin.resource.kind,
  resourceId: key === undefined ? null : (origin.resource.id ?? null),
  outcome: status < 400 ? 'accepted' : status < 500 ? 'refused' : 'failed',
  status,
  code,
  traceId: origin.traceId,
});

export const startAuditTrail = (options: AuditTrailOptions): AuditTrail => {
  const write = async (tenants: Tenants, entries: readonly NewAuditEntry[]): Promise<void> => {
    const heads = await options.db.withTenant(tenants.subject, async sql => {
      const [erased] =
        await sql`select 1 from tenants where id = ${tenants.subject} and status in ('erasing', 'erased')`;
      // A key of an erased tenant is the operators' business: entries of its own would come back into what was removed.
      return appendAudit(sql, erased ? { ...tenants, caller: platformTenantId } : tenants, entries);
    });
    heads.forEach(options.onHead);
  };
  const common = { write, waitingMax, onDropped: options.onDropped, onError: options.onError };
  const refusals = startRefusals({ ...common, windowMs: options.refusalsMs, distinctMax });
  const strangers = startRefusals({ ...common, windowMs: options.strangersMs, distinctMax: strangersMax });
  return {
    record: act => write(tenantsOf(act), [entryOf(act)]),
    note: act => (act.key === undefined ? strangers : refusals).note(tenantsOf(act), entryOf(act)),
    stop: async () => {
      await Promise.all([refusals.stop(), strangers.stop()]);
    },
  };
};
