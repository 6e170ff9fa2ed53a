import { z } from 'zod';
import { uuid } from '../ids.ts';
import { systemName } from '../jobs/config.ts';
import { tenantSettings } from './settings.ts';

/** What an API key may do. `operator` is for keys of the platform itself. */
export const scopes = ['read', 'write', 'operator'] as const;
export const scope = z.enum(scopes);
export type Scope = z.infer<typeof scope>;

/** The events of a tenant, by type. No key, no hash, no credential is ever in one. */
export const tenantEvents = {
  'tenant-created': z.object({ name: z.string(), slug: z.string(), settings: tenantSettings }),
  'api-key-created': z.object({
    keyId: uuid,
    prefix: z.string(),
    label: z.string(),
    scopes: z.array(scope),
    expiresAt: z.iso.datetime().nullable(),
    /** The tenant's first key, which its row mirrors. */
    primary: z.boolean(),
  }),
  'api-key-revoked': z.object({
    keyId: uuid,
    /** Whether it was the key that the tenant's row mirrors. */
    primary: z.boolean(),
  }),
  'api-key-rotated': z.object({
    keyId: uuid,
    replacedBy: uuid,
    /** When the old key stops. */
    expiresAt: z.iso.datetime(),
  }),
  'tenant-updated': z.object({ name: z.string(), settings: tenantSettings }),
  'tenant-suspended': z.object({}),
  'tenant-activated': z.object({}),
  /** Everything of the tenant is about to be removed; there is no way back. */
  'tenant-erasure-started': z.object({}),
  /** All that is left of a tenant: it stands in place of its whole log. */
  'tenant-erased': z.object({ createdAt: z.iso.datetime() }),
  'connection-created': z.object({
    connectionId: uuid,
    name: z.string(),
    system: systemName,
    baseUrl: z.string(),
  }),
  'connection-updated': z.object({
    connectionId: uuid,
    name: z.string(),
    baseUrl: z.string(),
    credentialsChanged: z.boolean(),
  }),
  'connection-deleted': z.object({ connectionId: uuid }),
  'subscription-created': z.object({
    subscriptionId: uuid,
    name: z.string(),
    /** Events of which kind of stream, and of which type; null: of every one. */
    aggregate: z.enum(['jobs', 'tenants']).nullable(),
    eventType: z.string().nullable(),
    startAt: z.enum(['new', 'all']),
    /** Public keys, of its NATS account and of its user. */
    accountKey: z.string(),
    userKey: z.string(),
  }),
  'subscription-revoked': z.object({ subscriptionId: uuid }),
} as const;

export type TenantEventType = keyof typeof tenantEvents;
export type TenantEvent = {
  [T in TenantEventType]: { readonly type: T; readonly data: z.infer<(typeof tenantEvents)[T]> };
}[TenantEventType];
