import { type TenantSettings, tenantSettings } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';

/** What an operator set for the tenant of the transaction. */
export const readTenantSettings = async (sql: TenantSql): Promise<TenantSettings> => {
  const [row] = await sql<{ settings: unknown }[]>`select settings from tenants where id = freight_tenant()`;
  return tenantSettings.parse(row?.settings ?? {});
};

/** Starts and resumes of one tenant take turns until their commit, so that two job services do not both give away the last place. */
export const lockJobStarts = async (sql: TenantSql): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtextextended('freight job starts ' || freight_tenant(), 0))`;
};

/** The tenant's jobs that run; one that is being cancelled still does. */
export const countRunningJobs = async (sql: TenantSql): Promise<number> => {
  const [row] = await sql<{ running: number }[]>`
    select count(*) as running from migration_jobs
    where tenant_id = freight_tenant() and status in ('running', 'cancelling') and deleted_at is null`;
  return row?.running ?? 0;
};

/** Whether the tenant may stage more records. */
export const hasStorageLeft = async (sql: TenantSql, settings: TenantSettings): Promise<boolean> => {
  const [row] = await sql<{ stored: number }[]>`select freight_stored_bytes() as stored`;
  return (row?.stored ?? 0) < settings.storedBytesMax;
};
