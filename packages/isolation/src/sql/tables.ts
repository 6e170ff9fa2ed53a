import type postgres from 'postgres';
import { withoutTenants } from './reviewed.ts';

/** The column that says whose a row is. */
export const tenantColumn = (table: string): string => (table === 'tenants' ? 'id' : 'tenant_id');

/** All tables but those that were reviewed to hold no tenant's data; one without the tenant's column is among them, and found later. */
export const tenantTables = async (sql: postgres.ISql): Promise<readonly string[]> => {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relkind in ('r', 'p', 'f') and not relispartition and relnamespace = 'public'::regnamespace order by 1`;
  return rows.map(({ name }) => name).filter(name => !(name in withoutTenants));
};

/** The services' roles and those without log-in. */
export const freightRoles = async (
  sql: postgres.ISql,
): Promise<readonly { readonly name: string; readonly logsIn: boolean }[]> =>
  sql<{ name: string; logsIn: boolean }[]>`
    select rolname as name, rolcanlogin as "logsIn" from pg_roles
    where rolname like 'freight\\_%' and not rolsuper order by 1`;
