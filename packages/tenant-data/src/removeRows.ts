import type { Database, TenantSql } from '@freight/postgres';
import { tenantColumn } from './tables.ts';

/** Rows that one transaction removes: its locks, and what others wait for, stay short. */
const rowsAtOnce = 2000;

/**
 * Removes a tenant's rows of one table, some at a time, as the role that may.
 * @param count told of each portion inside its transaction, so that what is counted is what is gone.
 */
export const removeRows = async (
  db: Database,
  tenantId: string,
  table: string,
  count: (sql: TenantSql, rows: number) => Promise<unknown>,
): Promise<void> => {
  const column = tenantColumn(table);
  for (;;) {
    const removed = await db.withTenantAs('freight_eraser', tenantId, async sql => {
      const { count: rows } = await sql`
        delete from ${sql(table)} where ctid = any (array(
          select ctid from ${sql(table)} where ${sql(column)} = freight_tenant() limit ${rowsAtOnce}))`;
      if (rows === 0) return 0;
      await sql`select set_config('role', 'none', true)`;
      await count(sql, rows);
      return rows;
    });
    if (removed === 0) return;
  }
};
