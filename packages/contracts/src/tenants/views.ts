import { z } from 'zod';
import { uuid } from '../ids.ts';
import { systemName } from '../jobs/config.ts';
import { scope } from './events.ts';
import { tenantSettings } from './settings.ts';

export const tenantView = z
  .object({
    id: uuid,
    name: z.string(),
    slug: z.string(),
    status: z.enum(['active']),
    settings: tenantSettings,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
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

export const tenantCreated = z.object({ tenant: tenantView, apiKey: apiKeyView }).meta({ id: 'TenantCreated' });

export const connectionView = z
  .object({
    id: uuid,
    name: z.string(),
    system: systemName,
    baseUrl: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
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
