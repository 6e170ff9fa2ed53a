import type { TenantSql } from '@freight/postgres';

/** Names of columns, parted by commas. */
export const namesIn = (sql: TenantSql, names: readonly string[]) =>
  names.map((name, i) => sql`${i > 0 ? sql`, ` : sql``}${sql(name)}`);
