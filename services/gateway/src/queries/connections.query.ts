import { type ConnectionRow, type ConnectionView, connectionViewOfRow } from '@freight/contracts';
import type { Database } from '@freight/postgres';

export const getConnection = (db: Database, tenantId: string, id: string): Promise<ConnectionView | undefined> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<ConnectionRow[]>`
      select id, name, system, base_url, created_at, updated_at, version from connections
      where tenant_id = freight_tenant() and id = ${id} and deleted_at is null`;
    return rows.map(connectionViewOfRow)[0];
  });

/** Newest first; ties by id, so that the order is total. Read backwards from the index connections_by_age. */
export const listConnections = (
  db: Database,
  tenantId: string,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly ConnectionRow[]> =>
  db.withTenant(
    tenantId,
    sql => sql<ConnectionRow[]>`
      select id, name, system, base_url, created_at, updated_at, version from connections
      where tenant_id = freight_tenant() and deleted_at is null
        ${after ? sql`and (created_at, id) < (${after[0] ?? ''}::timestamptz, ${after[1] ?? ''}::uuid)` : sql``}
      order by created_at desc, id desc limit ${limit}`,
  );
