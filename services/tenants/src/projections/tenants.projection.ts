import type { TenantEvent } from '@freight/contracts';
import type { Projection } from '@freight/eventstore';

/**
 * Keeps `tenants`. `api_key_prefix` and `api_key_hash` mirror the tenant's first key, and the key that replaced it; the hash is a fact beside the log and is looked up,
 * so it must be stored before the event is applied.
 */
export const tenantsProjection: Projection<TenantEvent> = {
  name: 'tenants',
  tables: ['tenants'],
  apply: async (sql, { tenantId, version, event, occurredAt }) => {
    switch (event.type) {
      case 'tenant-created':
        await sql`
          insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
          values (${tenantId}, ${event.data.name}, ${event.data.slug}, 'active', ${sql.json(event.data.settings)},
            ${version}, ${occurredAt}, ${occurredAt})`;
        return;
      case 'api-key-created':
        if (!event.data.primary) break;
        await sql`
          update tenants set api_key_prefix = ${event.data.prefix}, api_key_hash = (
              select hash from api_key_hashes where tenant_id = ${tenantId} and key_id = ${event.data.keyId})
          where id = ${tenantId}`;
        break;
      case 'api-key-revoked':
        if (!event.data.primary) break;
        await sql`update tenants set api_key_prefix = null, api_key_hash = null where id = ${tenantId}`;
        break;
      case 'tenant-updated':
        await sql`
          update tenants set name = ${event.data.name}, settings = ${sql.json(event.data.settings)} where id = ${tenantId}`;
        break;
      case 'tenant-suspended':
        await sql`update tenants set status = 'suspended' where id = ${tenantId}`;
        break;
      case 'tenant-activated':
        await sql`update tenants set status = 'active' where id = ${tenantId}`;
        break;
      default:
    }
    await sql`update tenants set version = ${version}, updated_at = ${occurredAt} where id = ${tenantId}`;
  },
};
