import type { ErasureFacts } from '@freight/contracts';
import type { Database, TenantSql } from '@freight/postgres';
import type { Signer } from '@freight/vault';
import { execute } from '../execute.ts';
import type { RevocationLog } from '../revocations.ts';
import { countRemoved, readErasure } from './erasures.ts';

export interface FinishOptions {
  readonly signer: Signer;
  readonly revocations: RevocationLog;
  readonly now: () => Date;
}

/** The role that may remove, for a part of a transaction. */
const asEraser = async <T>(sql: TenantSql, work: () => Promise<T>): Promise<T> => {
  await sql`select set_config('role', 'freight_eraser', true)`;
  const result = await work();
  await sql`select set_config('role', 'none', true)`;
  return result;
};

const hasRows = async (sql: TenantSql, table: string): Promise<boolean> => {
  const [row] = await sql`select 1 from ${sql(table)} where tenant_id = freight_tenant() limit 1`;
  return row !== undefined;
};

/**
 * The last step, in one transaction: one event takes the place of the tenant's log, the read models follow it, and the certificate is
 * signed over what was removed.
 * @returns false when something has come back meanwhile: it is to be removed first.
 */
export const finishErasure = (
  { signer, revocations, now }: FinishOptions,
  tenantId: string,
  removedTables: readonly string[],
): Promise<boolean> => {
  const db: Database = revocations.db;
  return db.withTenant(tenantId, async sql => {
    await sql`select 1 from tenant_streams where tenant_id = freight_tenant() for update`;
    const [tenant] = await sql<{ created_at: Date }[]>`select created_at from tenants where id = freight_tenant()`;
    if (!tenant) throw new Error('A tenant that is being erased has no row');
    const removed = await asEraser(sql, async () => {
      for (const table of removedTables) if (await hasRows(sql, table)) return undefined;
      return (await sql`delete from tenant_events where tenant_id = freight_tenant()`).count;
    });
    if (removed === undefined) return false;
    await countRemoved(sql, ['rows', 'tenant_events'], removed);
    const at = now();
    const result = await execute(sql, {
      tenantId,
      command: { type: 'finish-erasure', createdAt: tenant.created_at },
      metadata: { actor: { kind: 'service', id: 'tenants' } },
      now: at,
    });
    if (!result.ok) throw new Error(`The erasure could not be finished: ${result.error}`);
    await revocations.record(sql, tenantId, result.value.events);
    const { requested_at, requested_by, keys, removed: counts } = await readErasure(sql);
    if (!keys) throw new Error('A tenant is erased and its key is not destroyed');
    const certificate = signer.sign<ErasureFacts>({
      type: 'freight.erasure',
      tenantId,
      requestedBy: requested_by,
      requestedAt: requested_at.toISOString(),
      erasedAt: at.toISOString(),
      keys,
      removed: { rows: counts.rows ?? {}, messages: counts.messages ?? {}, redisKeys: counts.redisKeys ?? 0 },
    });
    await sql`
      update erasures set finished_at = ${at}, certificate = ${sql.json(certificate as never)}
      where tenant_id = freight_tenant()`;
    return true;
  });
};
