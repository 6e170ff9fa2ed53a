import type { AuditEntry } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';

/** What a service says; place, time and digests are the database's. */
export interface NewAuditEntry
  extends Pick<
    AuditEntry,
    'actorKind' | 'actorId' | 'operation' | 'resourceKind' | 'resourceId' | 'outcome' | 'status' | 'code'
  > {
  readonly requestedAt: Date;
  readonly source: string | null;
  readonly count?: number;
  readonly commandId?: string;
  readonly traceId?: string | undefined;
}

/** The end of a chain: who keeps it elsewhere can prove later that nothing before it was changed or cut off. */
export interface AuditHead {
  readonly tenantId: string;
  readonly seq: number;
  readonly hash: string;
}

const append = async (
  sql: TenantSql,
  tenantId: string,
  entry: NewAuditEntry,
  subjectTenantId: string | null,
): Promise<AuditHead> => {
  const [row] = await sql<{ seq: number; hash: string }[]>`
    insert into audit_log (tenant_id, requested_at, actor_kind, actor_id, source, operation, resource_kind, resource_id,
      subject_tenant_id, outcome, status, code, count, command_id, trace_id)
    values (${tenantId}, ${entry.requestedAt}, ${entry.actorKind}, ${entry.actorId}, ${entry.source}, ${entry.operation},
      ${entry.resourceKind}, ${entry.resourceId}, ${subjectTenantId}, ${entry.outcome}, ${entry.status}, ${entry.code},
      ${entry.count ?? 1}, ${entry.commandId ?? null}, ${entry.traceId ?? null})
    returning seq, encode(hash, 'hex') as hash`;
  if (!row) throw new Error('an entry of the audit log was not written');
  return { tenantId, ...row };
};

/**
 * Writes acts into the log of the tenant that they concern, in whose scope the transaction is; and into the caller's own where that is
 * another one: then an operator acted. Their address is nothing to the tenant. A tenant that is not there, is being erased or was gets no
 * log: what is removed must not begin anew.
 * The last statements of a transaction: the end of each log is locked until the commit, the operators' always last, so that nobody waits
 * for anybody in a circle.
 * @returns where each log ends now.
 */
export const appendAudit = async (
  sql: TenantSql,
  tenants: { readonly caller: string; readonly subject: string },
  entries: readonly NewAuditEntry[],
): Promise<readonly AuditHead[]> => {
  const { caller, subject } = tenants;
  const appendAll = async (tenantId: string, all: readonly NewAuditEntry[], on: string | null) => {
    let head: AuditHead | undefined;
    for (const entry of all) head = await append(sql, tenantId, entry, on);
    return head ? [head] : [];
  };
  const [tenant] = await sql<{ status: string }[]>`select status from tenants where id = ${subject}`;
  const isGone = tenant?.status === 'erasing' || tenant?.status === 'erased';
  if (caller === subject) return isGone ? [] : appendAll(caller, entries, null);
  const own =
    tenant && !isGone
      ? await appendAll(
          subject,
          entries.map(entry => ({ ...entry, source: null })),
          null,
        )
      : [];
  await sql`select set_config('freight.tenant_id', ${caller}, true)`;
  const callers = await appendAll(caller, entries, subject);
  await sql`select set_config('freight.tenant_id', ${subject}, true)`;
  return [...own, ...callers];
};
