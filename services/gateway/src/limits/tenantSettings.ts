import { type TenantSettings, tenantSettings } from '@freight/contracts';
import type { Database } from '@freight/postgres';

/** What an operator set for a tenant, remembered for a few seconds. */
export type ReadTenantSettings = (tenantId: string) => Promise<TenantSettings>;

const rememberMs = 3000;
const tenantsMax = 10_000;

export const createTenantSettings = (db: Database): ReadTenantSettings => {
  const known = new Map<string, { readonly settings: Promise<TenantSettings>; readonly until: number }>();

  const read = (tenantId: string): Promise<TenantSettings> =>
    db.withTenant(tenantId, async sql => {
      const [row] = await sql<{ settings: unknown }[]>`select settings from tenants where id = freight_tenant()`;
      // Settings that an older version wrote have its defaults for what is newer.
      return tenantSettings.parse(row?.settings ?? {});
    });

  return tenantId => {
    const now = performance.now();
    const entry = known.get(tenantId);
    if (entry && entry.until > now) return entry.settings;
    const settings = read(tenantId);
    known.delete(tenantId);
    known.set(tenantId, { settings, until: now + rememberMs });
    // A failure is not remembered.
    settings.catch(() => known.delete(tenantId));
    const oldest = known.keys().next();
    if (known.size > tenantsMax && !oldest.done) known.delete(oldest.value);
    return settings;
  };
};
