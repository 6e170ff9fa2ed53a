import type { TenantEvent } from '@freight/contracts';
import type { Projection } from '@freight/eventstore';

/** Keeps `api_keys`: everything about a key but its hash. */
export const apiKeysProjection: Projection<TenantEvent> = {
  name: 'api-keys',
  tables: ['api_keys'],
  apply: async (sql, { tenantId, event, occurredAt }) => {
    if (event.type !== 'api-key-created') return;
    const { keyId, prefix, label, scopes, expiresAt } = event.data;
    await sql`
      insert into api_keys (tenant_id, id, prefix, label, scopes, expires_at, created_at)
      values (${tenantId}, ${keyId}, ${prefix}, ${label}, ${scopes}, ${expiresAt}, ${occurredAt})`;
  },
};
