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
      case 'tenant-erasure-started':
        await sql`update tenants set status = 'erasing' where id = ${tenantId}`;
        break;
      case 'tenant-erased': {
        // The same whether the row is there or, in a rebuild, is not: this event is all that the log has.
        const row = {
          name: 'erased',
          slug: `erased-${tenantId}`,
          status: 'erased',
          settings: sql.json({}),
          api_key_hash: null,
          api_key_prefix: null,
          created_at: event.data.createdAt,
        };
        await sql`
          insert into tenants ${sql({ ...row, id: tenantId, version, updated_at: occurredAt })}
          on conflict (id) do update set ${sql(row)}`;
        break;
      }
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
