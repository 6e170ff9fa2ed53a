import { type SubscriptionRow, type SubscriptionView, subscriptionViewOfRow } from '@freight/contracts';
import type { Database } from '@freight/postgres';

export const getSubscription = (db: Database, tenantId: string, id: string): Promise<SubscriptionView | undefined> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<SubscriptionRow[]>`
      select tenant_id, id, name, aggregate, event_type, start_at, created_at, revoked_at from subscriptions
      where tenant_id = freight_tenant() and id = ${id}`;
    return rows.map(subscriptionViewOfRow)[0];
  });

/** Newest first; ties by id, so that the order is total. Read backwards from the index subscriptions_by_age. */
export const listSubscriptions = (
  db: Database,
  tenantId: string,
  after: readonly string[] | undefined,
  limit: number,
): Promise<readonly SubscriptionRow[]> =>
  db.withTenant(
    tenantId,
    sql => sql<SubscriptionRow[]>`
      select tenant_id, id, name, aggregate, event_type, start_at, created_at, revoked_at from subscriptions
      where tenant_id = freight_tenant()
        ${after ? sql`and (created_at, id) < (${after[0] ?? ''}::timestamptz, ${after[1] ?? ''}::uuid)` : sql``}
      order by created_at desc, id desc limit ${limit}`,
  );
