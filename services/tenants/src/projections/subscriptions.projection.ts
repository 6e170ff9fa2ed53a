import type { TenantEvent } from '@freight/contracts';
import type { Projection } from '@freight/eventstore';

/** Keeps `subscriptions`; a revoked one stays as a row with its time. How far each has come stands beside, in `subscription_floors`. */
export const subscriptionsProjection: Projection<TenantEvent> = {
  name: 'subscriptions',
  tables: ['subscriptions'],
  apply: async (sql, { tenantId, event, occurredAt }) => {
    switch (event.type) {
      case 'subscription-created': {
        const { subscriptionId, name, aggregate, eventType, startAt, accountKey, userKey } = event.data;
        await sql`
          insert into subscriptions (tenant_id, id, name, aggregate, event_type, start_at, account_key, user_key, created_at)
          values (${tenantId}, ${subscriptionId}, ${name}, ${aggregate}, ${eventType}, ${startAt}, ${accountKey}, ${userKey},
            ${occurredAt})`;
        return;
      }
      case 'subscription-revoked':
        await sql`
          update subscriptions set revoked_at = ${occurredAt}
          where tenant_id = ${tenantId} and id = ${event.data.subscriptionId}`;
        return;
      default:
    }
  },
};
