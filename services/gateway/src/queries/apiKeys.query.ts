import type { ListedApiKeyRow } from '@freight/contracts';
import type { Database } from '@freight/postgres';

/** A tenant's keys with their use, newest first; ties by id, so that the order is total. Read backwards from the index api_keys_by_age. */
export const listApiKeys = (
  db: Database,
  tenantId: string,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly ListedApiKeyRow[]> =>
  db.withTenant(
    tenantId,
    sql => sql<ListedApiKeyRow[]>`
      select k.id, k.prefix, k.label, k.scopes, k.expires_at, k.created_at, k.revoked_at, u.used_count, u.last_used_at
      from api_keys k left join api_key_usage u on u.tenant_id = k.tenant_id and u.key_id = k.id
      where k.tenant_id = freight_tenant()
        ${after ? sql`and (k.created_at, k.id) < (${after[0] ?? ''}::timestamptz, ${after[1] ?? ''}::uuid)` : sql``}
      order by k.created_at desc, k.id desc limit ${limit}`,
  );
