import type { ConnectionSchema } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import { sealContexts, type TenantVault } from '@freight/vault';

/** What was last read of the system behind a connection; undefined when it never was, or when there is no such connection. */
export const getConnectionSchema = (
  db: Database,
  vault: TenantVault,
  tenantId: string,
  connectionId: string,
): Promise<ConnectionSchema | undefined> =>
  db.withTenant(tenantId, async sql => {
    const [row] = await sql<{ sealed: Buffer; read_at: Date }[]>`
      select s.sealed, s.read_at from connection_schemas s
      join connections c on c.tenant_id = s.tenant_id and c.id = s.connection_id
      where s.tenant_id = freight_tenant() and s.connection_id = ${connectionId} and c.deleted_at is null`;
    if (!row) return undefined;
    const held = JSON.parse(vault.open(row.sealed, sealContexts.schema(tenantId, connectionId))) as Pick<
      ConnectionSchema,
      'source' | 'target'
    >;
    return { connectionId, readAt: row.read_at.toISOString(), ...held };
  });
