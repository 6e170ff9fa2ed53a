import { z } from 'zod';
import { uuid } from '../ids.ts';
import { systemName } from '../jobs/config.ts';
import { scope } from './events.ts';
import { tenantSettings } from './settings.ts';

/** Another number after every change. */
const version = z.number().int().describe('Its `ETag`; send it as `If-Match` to change only what you have read.');

export const tenantView = z
  .object({
    id: uuid,
    name: z.string(),
    slug: z.string(),
    status: z.enum(['active', 'suspended', 'erasing', 'erased']),
    settings: tenantSettings,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version,
  })
  .meta({ id: 'Tenant' });
export type TenantView = z.infer<typeof tenantView>;

export const apiKeyView = z
  .object({
    id: uuid,
    prefix: z.string(),
    label: z.string(),
    scopes: z.array(scope),
    expiresAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    /** The key itself, in the first answer to its creation only; `null` in every repeat. */
    secret: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.infer<typeof apiKeyView>;

/** A key as lists show it: everything but the key. */
export const listedApiKey = z
  .object({
    id: uuid,
    prefix: z.string(),
    label: z.string(),
    scopes: z.array(scope),
    status: z.enum(['active', 'expired', 'revoked']),
    expiresAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable().describe('Written every few seconds.'),
    useCount: z.number().int().describe('Requests with the key, written every few seconds.'),
  })
  .meta({ id: 'ListedApiKey' });
export type ListedApiKey = z.infer<typeof listedApiKey>;

export const apiKeyRotated = z
  .object({
    apiKey: apiKeyView,
    replaced: z.object({ id: uuid, expiresAt: z.iso.datetime().describe('When the old key stops.') }),
  })
  .meta({ id: 'ApiKeyRotated' });

export const tenantCreated = z.object({ tenant: tenantView, apiKey: apiKeyView }).meta({ id: 'TenantCreated' });

export const connectionView = z
  .object({
    id: uuid,
    name: z.string(),
    system: systemName,
    baseUrl: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version,
  })
  .meta({ id: 'Connection' });
export type ConnectionView = z.infer<typeof connectionView>;

/** The verdict of a connection test. */
export const connectionTest = z
  .object({
    ok: z.boolean(),
    /** Whose account it is, as the system names it. */
    account: z.string().nullable(),
    problems: z.array(z.object({ code: z.string(), detail: z.string() })),
  })
  .meta({ id: 'ConnectionTest' });
export type ConnectionTest = z.infer<typeof connectionTest>;
