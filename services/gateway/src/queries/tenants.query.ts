import { platformTenantId, type TenantRow } from '@freight/contracts';
import type { Database } from '@freight/postgres';

/** All tenants but the operators' own, newest first. Reads across tenants, as the one role that may. */
export const listTenants = (
  db: Database,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly TenantRow[]> =>
  db.withRole(
    'freight_operator',
    sql => sql<TenantRow[]>`
      select id, name, slug, status, settings, created_at, updated_at from tenants
      where id <> ${platformTenantId}
        ${after ? sql`and (created_at, id) < (${after[0] ?? ''}::timestamptz, ${after[1] ?? ''}::uuid)` : sql``}
      order by created_at desc, id desc limit ${limit}`,
  );
