import type { AuditEntry, AuditOutcome } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import type { AuditHead } from './append.ts';
import { zeroHash } from './hash.ts';

export interface AuditFilter {
  /** Written at this time or later. */
  readonly from?: string | undefined;
  /** Written before this time. */
  readonly to?: string | undefined;
  readonly actorId?: string | undefined;
  readonly operation?: string | undefined;
  readonly resourceKind?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
}

export interface AuditRange {
  readonly order: 'oldest' | 'newest';
  /** Entries behind this place only, in the order. */
  readonly after?: number | undefined;
  /** No entries after this place of the chain. */
  readonly upTo?: number | undefined;
  readonly limit: number;
}

type Row = Omit<AuditEntry, 'format'>;

/** Entries of one tenant's log, as they were digested. */
export const readAudit = (
  db: Database,
  tenantId: string,
  filter: AuditFilter,
  { order, after, upTo, limit }: AuditRange,
): Promise<readonly AuditEntry[]> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<Row[]>`
      select tenant_id as "tenantId", seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
        to_char(requested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "requestedAt",
        actor_kind as "actorKind", actor_id as "actorId", source, operation, resource_kind as "resourceKind",
        resource_id as "resourceId", subject_tenant_id as "subjectTenantId", outcome, status, code, count,
        command_id as "commandId", trace_id as "traceId", encode(previous_hash, 'hex') as "previousHash",
        encode(hash, 'hex') as hash
      from audit_log where tenant_id = freight_tenant()
        ${after === undefined ? sql`` : order === 'oldest' ? sql`and seq > ${after}` : sql`and seq < ${after}`}
        ${upTo === undefined ? sql`` : sql`and seq <= ${upTo}`}
        ${filter.from === undefined ? sql`` : sql`and at >= ${filter.from}::text::timestamptz`}
        ${filter.to === undefined ? sql`` : sql`and at < ${filter.to}::text::timestamptz`}
        ${filter.actorId === undefined ? sql`` : sql`and actor_id = ${filter.actorId}`}
        ${filter.operation === undefined ? sql`` : sql`and operation = ${filter.operation}`}
        ${filter.resourceKind === undefined ? sql`` : sql`and resource_kind = ${filter.resourceKind}`}
        ${filter.resourceId === undefined ? sql`` : sql`and resource_id = ${filter.resourceId}`}
        ${filter.outcome === undefined ? sql`` : sql`and outcome = ${filter.outcome}`}
      order by seq ${order === 'oldest' ? sql`asc` : sql`desc`} limit ${limit}`;
    return rows.map(row => ({ format: 1, ...row }));
  });

const entriesAtOnce = 1000;

/** A log from its first entry, or to a place in it, some at a time, each time in a transaction of its own: a slow reader holds nothing. */
export async function* readAuditPages(
  db: Database,
  tenantId: string,
  filter: AuditFilter,
  upTo?: number,
): AsyncGenerator<readonly AuditEntry[]> {
  for (let after = 0; ; ) {
    const entries = await readAudit(db, tenantId, filter, { order: 'oldest', after, upTo, limit: entriesAtOnce });
    if (entries.length > 0) yield entries;
    if (entries.length < entriesAtOnce) return;
    after = entries.at(-1)?.seq ?? after;
  }
}

/** Where a tenant's log ends; place 0 and zeros before its first entry. */
export const readAuditHead = (db: Database, tenantId: string): Promise<AuditHead> =>
  db.withTenant(tenantId, async sql => {
    const [row] = await sql<{ seq: number; hash: string }[]>`
      select seq, encode(hash, 'hex') as hash from audit_log where tenant_id = freight_tenant() order by seq desc limit 1`;
    return { tenantId, seq: row?.seq ?? 0, hash: row?.hash ?? zeroHash };
  });
