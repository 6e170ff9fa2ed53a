import { createHash } from 'node:crypto';
import type { TenantSql } from '@freight/postgres';
import type { TenantVault } from '@freight/vault';
import { namesIn } from './names.ts';
import { type Exported, type Row, type TenantTable, tenantColumn, tenantTables } from './tables.ts';

/** Raised when a line means something else than before. */
const format = 1;

/** Tables in the order in which a reader meets what later lines refer to. */
const exportOrder = tenantTables.toReversed();

const isExported = (table: TenantTable): table is TenantTable & { readonly exported: Exported } =>
  'kind' in table.exported;

/** Bytes that are no sealed value: digests. */
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const openColumn = (table: TenantTable, row: Row, tenantId: string, vault: TenantVault): Row => {
  const { sealed, exported } = table;
  if (!sealed || !('kind' in exported) || !exported.opened) return {};
  const value = row[sealed.column];
  if (!(value instanceof Uint8Array)) return { [exported.opened.name]: null };
  const plain = vault.open(value, sealed.context(tenantId, row));
  return { [exported.opened.name]: exported.opened.holds === 'json' ? JSON.parse(plain) : plain };
};

const dataOf = (
  table: TenantTable & { readonly exported: Exported },
  row: Row,
  tenantId: string,
  vault: TenantVault,
) => {
  const hidden = new Set([...(table.exported.without ?? []), table.sealed?.column, 'tenant_id']);
  const open = Object.entries(row)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => [camelCase(name), value instanceof Uint8Array ? toHex(value) : value] as const);
  return { ...Object.fromEntries(open), ...openColumn(table, row, tenantId, vault) };
};

/** A table's rows, some at a time: memory does not grow with the table. */
const readRows = async function* (sql: TenantSql, table: TenantTable & { readonly exported: Exported }) {
  const columns = table.exported.columns;
  const order = table.key.length === 0 ? [tenantColumn(table.name)] : table.key;
  await sql`
    declare export_rows no scroll cursor for
    select ${columns ? namesIn(sql, columns) : sql`*`} from ${sql(table.name)}
    where ${sql(tenantColumn(table.name))} = freight_tenant() order by ${namesIn(sql, order)}`;
  for (;;) {
    // Not a prepared statement: those keep the columns of the first table that they were used for.
    const rows = await sql.unsafe<Row[]>('fetch 500 from export_rows');
    if (rows.length === 0) break;
    yield rows;
  }
  await sql`close export_rows`;
};

export interface ExportOptions {
  readonly tenantId: string;
  readonly vault: TenantVault;
  readonly now: Date;
}

/**
 * Everything of a tenant as lines of JSON, in pieces of several lines: a header, a line a row, a trailer with the counts and a digest of all
 * that came before it. What has no trailer was cut off.
 * @param sql all of it as of one moment; see `readSnapshotAs`.
 * @throws FreightError `key_destroyed` | `seal_broken`.
 */
export const exportLines = async function* (sql: TenantSql, { tenantId, vault, now }: ExportOptions) {
  const digest = createHash('sha256');
  const counts: Record<string, number> = {};
  const emit = (lines: readonly object[]): string => {
    const piece = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    digest.update(piece);
    return piece;
  };
  yield emit([
    {
      kind: 'header',
      format,
      tenantId,
      exportedAt: now.toISOString(),
      kinds: exportOrder.filter(isExported).map(table => table.exported.kind),
      withheld: Object.fromEntries(
        exportOrder.flatMap(({ name, exported }) => ('withheld' in exported ? [[name, exported.withheld]] : [])),
      ),
    },
  ]);
  for (const table of exportOrder.filter(isExported)) {
    const { kind } = table.exported;
    counts[kind] = 0;
    for await (const rows of readRows(sql, table)) {
      counts[kind] += rows.length;
      yield emit(rows.map(row => ({ kind, data: dataOf(table, row, tenantId, vault) })));
    }
  }
  yield `${JSON.stringify({ kind: 'trailer', counts, sha256: digest.digest('hex') })}\n`;
};
