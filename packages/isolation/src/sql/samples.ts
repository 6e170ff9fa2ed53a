import { newId } from '@freight/kernel';
import type postgres from 'postgres';
import { tenantColumn } from './tables.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

export interface Sample {
  /** The columns that a row must have: with these it fits the table. */
  readonly row: Readonly<Record<string, unknown>>;
  /** A value for every column. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** A row that fits a table, from its catalog entry: nothing here knows a table by name. Its ids are new ones. */
export const sampleOf = async (sql: postgres.Sql, table: string): Promise<Sample> => {
  const columns = await sql<Column[]>`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull and not atthasdef and attidentity = '' as required
    from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`;
  const checks = await sql<{ definition: string; columns: string[] }[]>`
    select pg_get_constraintdef(oid) as definition,
      array(select attname::text from pg_attribute where attrelid = conrelid and attnum = any (conkey)) as columns
    from pg_constraint where conrelid = ${table}::regclass and contype = 'c'`;
  const allowed = new Map(
    checks.flatMap(({ definition, columns: [name, ...others] }) => {
      const first = /'([^']+)'/.exec(definition)?.[1];
      return name !== undefined && others.length === 0 && first !== undefined ? [[name, first] as const] : [];
    }),
  );
  const valueOf = ({ name, type }: Column): unknown => {
    if (allowed.has(name)) return allowed.get(name);
    if (type === 'uuid') return newId();
    if (type === 'text') return 'x';
    if (type === 'text[]') return ['x'];
    if (type === 'jsonb') return sql.json({});
    if (type === 'bytea') return Buffer.of(1);
    if (type === 'boolean') return false;
    if (type === 'xid8') return '1';
    if (type === 'inet') return '127.0.0.1';
    if (type.startsWith('timestamp')) return new Date();
    if (type === 'date') return new Date();
    if (/int|numeric|double/.test(type)) return 1;
    throw new Error(`${table}.${name}: no sample for the type ${type}`);
  };
  const values = Object.fromEntries(columns.map(column => [column.name, valueOf(column)]));
  return {
    values,
    row: Object.fromEntries(columns.filter(column => column.required).map(({ name }) => [name, values[name]])),
  };
};

/** A row of one tenant in a table, made up. Needs a role that may write anywhere; what it refers to need not be there. */
export const insertSample = async (
  sql: postgres.TransactionSql,
  table: string,
  tenantId: string,
  sample: Sample,
): Promise<void> => {
  const row = { ...sample.row, [tenantColumn(table)]: tenantId, ...(table === 'tenants' ? { slug: tenantId } : {}) };
  await sql`insert into ${sql(table)} ${sql(row)}`;
};
