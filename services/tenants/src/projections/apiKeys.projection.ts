import type { TenantEvent } from '@freight/contracts';
import type { Projection } from '@freight/eventstore';

/** Keeps `api_keys`: everything about a key but its hash. */
export const apiKeysProjection: Projection<TenantEvent> = {
  name: 'api-keys',
  tables: ['api_keys'],
  apply: async (sql, { tenantId, event, occurredAt }) => {
    switch (event.type) {
      case 'api-key-created': {
        const { keyId, prefix, label, scopes, expiresAt } = event.data;
        await sql`
          insert into api_keys (tenant_id, id, prefix, label, scopes, expires_at, created_at)
          values (${tenantId}, ${keyId}, ${prefix}, ${label}, ${scopes}, ${expiresAt}, ${occurredAt})`;
        return;
      }
      case 'api-key-revoked':
        await sql`
          update api_keys set revoked_at = ${occurredAt} where tenant_id = ${tenantId} and id = ${event.data.keyId}`;
        return;
      case 'api-key-rotated':
        await sql`
          update api_keys set expires_at = ${event.data.expiresAt}
          where tenant_id = ${tenantId} and id = ${event.data.keyId}`;
        return;
      default:
    }
  },
};
