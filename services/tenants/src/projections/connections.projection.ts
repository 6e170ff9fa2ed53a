import type { TenantEvent } from '@freight/contracts';
import type { Projection } from '@freight/eventstore';

/** Keeps `connections`; a deleted one stays as a row with its time, since jobs of the past name it. */
export const connectionsProjection: Projection<TenantEvent> = {
  name: 'connections',
  tables: ['connections'],
  apply: async (sql, { tenantId, version, event, occurredAt }) => {
    switch (event.type) {
      case 'connection-created': {
        const { connectionId, name, system, baseUrl } = event.data;
        await sql`
          insert into connections (tenant_id, id, name, system, base_url, created_at, updated_at, version)
          values (${tenantId}, ${connectionId}, ${name}, ${system}, ${baseUrl}, ${occurredAt}, ${occurredAt}, ${version})`;
        return;
      }
      case 'connection-updated': {
        const { connectionId, name, baseUrl } = event.data;
        await sql`
          update connections set name = ${name}, base_url = ${baseUrl}, updated_at = ${occurredAt}, version = ${version}
          where tenant_id = ${tenantId} and id = ${connectionId}`;
        return;
      }
      case 'connection-deleted':
        await sql`
          update connections set deleted_at = ${occurredAt}, updated_at = ${occurredAt}, version = ${version}
          where tenant_id = ${tenantId} and id = ${event.data.connectionId}`;
        return;
      default:
    }
  },
};
