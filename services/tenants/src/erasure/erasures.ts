import type { ErasureCertificate, ErasureFacts } from '@freight/contracts';
import type { Database, TenantSql } from '@freight/postgres';

/** A row of `erasures`: how far an erasure has come. A fact beside the log. */
export interface Erasure {
  readonly requested_at: Date;
  readonly requested_by: string;
  readonly quiet_at: Date | null;
  readonly keys: ErasureFacts['keys'] | null;
  readonly removed: Partial<ErasureFacts['removed']>;
  readonly finished_at: Date | null;
  readonly certificate: ErasureCertificate | null;
}

/** Notes that a tenant is to be erased, in the transaction of the event; a second wish changes nothing. */
export const recordErasure = (
  sql: TenantSql,
  tenantId: string,
  { at, requestedBy }: { readonly at: Date; readonly requestedBy: string },
) =>
  sql`
    insert into erasures (tenant_id, requested_at, requested_by) values (${tenantId}, ${at}, ${requestedBy})
    on conflict (tenant_id) do nothing`;

/** @throws when the tenant is not being erased. */
export const readErasure = async (sql: TenantSql): Promise<Erasure> => {
  const [row] = await sql<Erasure[]>`
    select requested_at, requested_by, quiet_at, keys, removed, finished_at, certificate from erasures
    where tenant_id = freight_tenant()`;
  if (!row) throw new Error('The tenant is not being erased');
  return row;
};

/** The tenants that are being erased, oldest wish first. Reads across tenants, as the role that may. */
export const listUnfinished = (db: Database): Promise<readonly string[]> =>
  db.withRole('freight_erasure_lookup', async sql => {
    const rows = await sql<{ tenant_id: string }[]>`
      select tenant_id from erasures where finished_at is null order by requested_at limit 1000`;
    return rows.map(row => row.tenant_id);
  });

/** Adds to what was removed. @param path `['rows', table]`, `['messages', stream]` or `['redisKeys']`. */
export const countRemoved = (sql: TenantSql, path: readonly string[], count: number) =>
  sql`
    update erasures set removed = jsonb_set(
      case when ${path.length} = 1 or removed ? ${path[0] ?? ''} then removed else removed || jsonb_build_object(${path[0] ?? ''}::text, '{}'::jsonb) end,
      ${[...path]}::text[], to_jsonb(coalesce((removed #>> ${[...path]}::text[])::bigint, 0) + ${count}::bigint))
    where tenant_id = freight_tenant()`;

/** Whether the work has been quiet for so long, milliseconds, by the database's clock. */
export const isQuiet = (db: Database, tenantId: string, forMs: number): Promise<boolean> =>
  db.withTenant(tenantId, async sql => {
    const [row] = await sql<{ quiet: boolean }[]>`
      select now() > quiet_at + make_interval(secs => ${forMs / 1000}) as quiet from erasures
      where tenant_id = freight_tenant()`;
    return row?.quiet ?? false;
  });
