import type { SystemName } from '../jobs/config.ts';
import type { Scope } from './events.ts';
import { tenantSettings } from './settings.ts';
import type { ApiKeyView, ConnectionView, ListedApiKey, TenantView } from './views.ts';

/** A row of `tenants`, as the driver reads it, without the columns that only the tenant service may see. Source: migrations/0003. */
export interface TenantRow {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly status: TenantView['status'];
  /** As the version that wrote it knew it. */
  readonly settings: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

/** A row of `api_keys`, as the driver reads it. */
export interface ApiKeyRow {
  readonly id: string;
  readonly prefix: string;
  readonly label: string;
  readonly scopes: Scope[];
  readonly expires_at: Date | null;
  readonly created_at: Date;
}

/** A row of `api_keys` with its row of `api_key_usage`, where it was used. */
export interface ListedApiKeyRow extends ApiKeyRow {
  readonly revoked_at: Date | null;
  readonly used_count: number | null;
  readonly last_used_at: Date | null;
}

/** A row of `connections`, as the driver reads it. */
export interface ConnectionRow {
  readonly id: string;
  readonly name: string;
  readonly system: SystemName;
  readonly base_url: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

export const tenantViewOfRow = (row: TenantRow): TenantView => ({
  id: row.id,
  name: row.name,
  slug: row.slug,
  status: row.status,
  settings: tenantSettings.parse(row.settings),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  version: row.version,
});

/** The key's own text is not in any row: `secret` is null until the gateway adds it from memory. */
export const apiKeyViewOfRow = (row: ApiKeyRow): ApiKeyView => ({
  id: row.id,
  prefix: row.prefix,
  label: row.label,
  scopes: row.scopes,
  expiresAt: row.expires_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  secret: null,
});

export const listedApiKeyOfRow = (row: ListedApiKeyRow, now: Date): ListedApiKey => ({
  id: row.id,
  prefix: row.prefix,
  label: row.label,
  scopes: row.scopes,
  status: row.revoked_at !== null ? 'revoked' : row.expires_at !== null && row.expires_at <= now ? 'expired' : 'active',
  expiresAt: row.expires_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  useCount: row.used_count ?? 0,
});

export const connectionViewOfRow = (row: ConnectionRow): ConnectionView => ({
  id: row.id,
  name: row.name,
  system: row.system,
  baseUrl: row.base_url,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  version: row.version,
});
