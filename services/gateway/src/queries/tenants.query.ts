import { platformTenantId, type TenantRow, type TenantView, tenantViewOfRow } from '@freight/contracts';
import type { Database } from '@freight/postgres';

/** One tenant, in its own scope; the operators' own is none of the tenants. */
export const getTenant = (db: Database, id: string): Promise<TenantView | undefined> =>
  id === platformTenantId
    ? Promise.resolve(undefined)
    : db.withTenant(id, async sql => {
        const rows = await sql<TenantRow[]>`
          select id, name, slug, status, settings, created_at, updated_at, version from tenants where id = freight_tenant()`;
        return rows.map(tenantViewOfRow)[0];
      });

/** All tenants but the operators' own, newest first. Reads across tenants, as the one role that may. */
export const listTenants = (
  db: Database,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly TenantRow[]> =>
  db.withRole(
    'freight_operator',
    sql => sql<TenantRow[]>`
      select id, name, slug, status, settings, created_at, updated_at, version from tenants
      where id <> ${platformTenantId}
        ${after ? sql`and (created_at, id) < (${after[0] ?? ''}::timestamptz, ${after[1] ?? ''}::uuid)` : sql``}
      order by created_at desc, id desc limit ${limit}`,
  );
