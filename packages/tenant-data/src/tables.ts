import { sealContexts } from '@freight/vault';

/** A row as the driver reads it. */
export type Row = Readonly<Record<string, unknown>>;

/** A column that is sealed with the tenant's key. */
export interface SealedColumn {
  readonly column: string;
  /** What the value is bound to. */
  readonly context: (tenantId: string, row: Row) => string;
}

/** What becomes of a table in an export. */
export interface Exported {
  /** What its lines are called. */
  readonly kind: string;
  /** The columns to read, where the exporter may not read all. */
  readonly columns?: readonly string[];
  /** Columns that say nothing to the tenant: places in a queue, fences. */
  readonly without?: readonly string[];
  /** The sealed column, opened, under a name of its own; it holds JSON or text. */
  readonly opened?: { readonly name: string; readonly holds: 'json' | 'text' };
}

/** A table of tenants' data: what an export shows of it, what an erasure does with it, and what in it is sealed. */
export interface TenantTable {
  readonly name: string;
  /** The columns of its primary key after the tenant. */
  readonly key: readonly string[];
  readonly exported: Exported | { readonly withheld: string };
  /** Default: its rows are removed. */
  readonly kept?: string;
  readonly sealed?: SealedColumn;
}

const text = (row: Row, column: string): string => String(row[column]);

/**
 * All tables of tenants' data, in the order of an export and of an erasure: what makes others do something goes first. A new table is a line
 * here, and a call of freight_hand_over in its migration.
 */
export const tenantTables: readonly TenantTable[] = [
  {
    name: 'commands',
    key: ['id'],
    exported: { kind: 'command', without: ['sealed', 'fingerprint', 'reply_body', 'published_at'] },
    sealed: { column: 'sealed', context: (tenantId, row) => sealContexts.command(tenantId, text(row, 'id')) },
  },
  { name: 'subscriptions', key: ['id'], exported: { kind: 'subscription' } },
  {
    name: 'subscription_floors',
    key: ['subscription_id'],
    exported: { kind: 'subscription-floor', without: ['stream_created_at', 'stream_seq'] },
  },
  { name: 'runs', key: ['id'], exported: { kind: 'run' } },
  { name: 'migration_jobs', key: ['id'], exported: { kind: 'job' } },
  { name: 'job_streams', key: ['stream_id'], exported: { withheld: 'the fold of the log, which is exported' } },
  {
    name: 'batches',
    key: ['id'],
    exported: { kind: 'batch', without: ['fence', 'issue', 'claimed_by', 'leased_until', 'folded', 'traceparent'] },
  },
  {
    name: 'staged_keys',
    key: ['run_id', 'object', 'kind', 'key', 'source_id'],
    exported: { withheld: 'HMACs of values that the records show in clear' },
  },
  {
    name: 'staged_records',
    key: ['run_id', 'object', 'source_id'],
    exported: { kind: 'record', opened: { name: 'record', holds: 'json' } },
    sealed: {
      column: 'sealed',
      context: (tenantId, row) =>
        sealContexts.record(tenantId, text(row, 'run_id'), text(row, 'object'), text(row, 'source_id')),
    },
  },
  { name: 'record_ids', key: ['job_id', 'object', 'source_id'], exported: { kind: 'record-id', without: ['fence'] } },
  {
    name: 'record_outcomes',
    key: ['job_id', 'run_id', 'object', 'source_id'],
    exported: { kind: 'outcome', opened: { name: 'message', holds: 'text' } },
    sealed: {
      column: 'sealed_message',
      context: (tenantId, row) =>
        sealContexts.outcome(tenantId, text(row, 'run_id'), text(row, 'object'), text(row, 'source_id')),
    },
  },
  { name: 'job_events', key: ['stream_id', 'version'], exported: { kind: 'job-event', without: ['tx', 'seq'] } },
  {
    name: 'connection_secrets',
    key: ['connection_id'],
    exported: { withheld: 'credentials: they leave Freight towards their CRM only' },
    sealed: {
      column: 'sealed',
      context: (tenantId, row) => sealContexts.credentials(tenantId, text(row, 'connection_id')),
    },
  },
  {
    name: 'run_agreements',
    key: ['run_id'],
    exported: { kind: 'run-agreement', opened: { name: 'agreement', holds: 'json' } },
    sealed: {
      column: 'sealed',
      context: (tenantId, row) => sealContexts.agreement(tenantId, text(row, 'run_id')),
    },
  },
  {
    name: 'connection_schemas',
    key: ['connection_id'],
    exported: { kind: 'connection-schema', opened: { name: 'schema', holds: 'json' } },
    sealed: {
      column: 'sealed',
      context: (tenantId, row) => sealContexts.schema(tenantId, text(row, 'connection_id')),
    },
  },
  { name: 'connections', key: ['id'], exported: { kind: 'connection' } },
  { name: 'api_key_hashes', key: ['key_id'], exported: { withheld: 'what API keys are checked by' } },
  { name: 'api_key_usage', key: ['key_id'], exported: { kind: 'api-key-usage' } },
  { name: 'api_keys', key: ['id'], exported: { kind: 'api-key' } },
  { name: 'audit_log', key: ['seq'], exported: { kind: 'audit-entry' } },
  {
    name: 'tenant_streams',
    key: ['stream_id'],
    exported: { withheld: 'the fold of the log, which is exported' },
    kept: 'becomes the fold of the one event that stays',
  },
  {
    name: 'tenant_events',
    key: ['stream_id', 'version'],
    exported: { kind: 'tenant-event', without: ['tx', 'seq'] },
    kept: 'replaced by one event without personal data, in the last step',
  },
  {
    name: 'tenants',
    key: [],
    exported: { kind: 'tenant', columns: ['id', 'name', 'slug', 'status', 'settings', 'created_at', 'updated_at'] },
    kept: 'becomes a stub: the id is never used again',
  },
  {
    name: 'erasures',
    key: [],
    exported: { withheld: 'about an erasure, after which there is nothing to export' },
    kept: 'holds the certificate',
  },
];

/** The column that says whose row it is. */
export const tenantColumn = (table: string): string => (table === 'tenants' ? 'id' : 'tenant_id');
