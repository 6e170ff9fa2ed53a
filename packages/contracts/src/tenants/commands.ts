import { z } from 'zod';
import { uuid } from '../ids.ts';
import { instant } from '../instant.ts';
import { systemName } from '../jobs/config.ts';
import { scope } from './events.ts';
import { tenantSettingsBody, tenantSettingsChange } from './settings.ts';

export const slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/, 'must be 1 to 50 of a-z, 0-9 and inner hyphens')
  .meta({ example: 'birch-capital' });

export const createTenantBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    slug,
    settings: tenantSettingsBody.default(() => tenantSettingsBody.parse({})),
  })
  .meta({ id: 'CreateTenant' });
export type CreateTenantBody = z.infer<typeof createTenantBody>;

export const createApiKeyBody = z
  .strictObject({
    label: z.string().trim().min(1).max(100).describe('What the key is for.'),
    scopes: z
      .array(z.enum(['read', 'write']))
      .min(1)
      .default(['read', 'write']),
    expiresAt: instant.nullable().default(null).describe('When the key stops; null: never.'),
  })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKeyBody = z.infer<typeof createApiKeyBody>;

const day = 24 * 60 * 60;

export const rotateApiKeyBody = z
  .strictObject({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(30 * day)
      .default(day)
      .describe('How long the old key goes on beside the new one; 0: it stops at once.'),
    expiresAt: instant.nullable().default(null).describe('When the new key stops; null: never.'),
  })
  .meta({ id: 'RotateApiKey' });
export type RotateApiKeyBody = z.infer<typeof rotateApiKeyBody>;

export const updateTenantBody = z
  .strictObject({ name: z.string().trim().min(1).max(200).optional(), settings: tenantSettingsChange.optional() })
  .refine(body => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'UpdateTenant' });
export type UpdateTenantBody = z.infer<typeof updateTenantBody>;

const credentials = z.strictObject({ apiKey: z.string().min(1).max(4096) }).describe('Never shown again.');
const baseUrl = z.url({ protocol: /^https?$/ }).max(500);

export const createConnectionBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    system: systemName,
    baseUrl: baseUrl.optional().describe("The system's address; its vendor's own by default."),
    credentials,
  })
  .meta({ id: 'CreateConnection' });
export type CreateConnectionBody = z.infer<typeof createConnectionBody>;

export const updateConnectionBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    baseUrl: baseUrl.optional(),
    credentials: credentials.optional(),
  })
  .refine(body => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'UpdateConnection' });
export type UpdateConnectionBody = z.infer<typeof updateConnectionBody>;

/** An API key as it travels: made and hashed by the gateway before anything is published. */
const madeKey = z.object({ keyId: uuid, prefix: z.string(), hash: z.string() });
/** Base64 of a value sealed with the tenant's key. */
const sealed = z.base64();

/** Only if it is at this version. */
const ifVersion = z.number().int().optional();

/** The commands that the tenant service takes from its subjects, by type; each body as it travels. */
export const tenantCommands = {
  'create-tenant': z.object({ request: createTenantBody, key: madeKey }),
  'create-api-key': z.object({
    key: madeKey,
    label: z.string(),
    scopes: z.array(scope),
    expiresAt: instant.nullable(),
  }),
  'revoke-api-key': z.object({ keyId: uuid, force: z.boolean() }),
  'rotate-api-key': z.object({
    keyId: uuid,
    key: madeKey,
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(30 * day),
    expiresAt: instant.nullable(),
  }),
  'update-tenant': z.object({ name: z.string().optional(), settings: tenantSettingsChange.optional(), ifVersion }),
  'suspend-tenant': z.object({}),
  'activate-tenant': z.object({}),
  'erase-tenant': z.object({ slug: z.string() }),
  'create-connection': z.object({
    connectionId: uuid,
    name: z.string(),
    system: systemName,
    baseUrl: z.string(),
    sealedCredentials: sealed,
  }),
  'update-connection': z.object({
    connectionId: uuid,
    name: z.string().optional(),
    baseUrl: z.string().optional(),
    sealedCredentials: sealed.optional(),
    ifVersion,
  }),
  'delete-connection': z.object({ connectionId: uuid }),
  'create-subscription': z.object({
    subscriptionId: uuid,
    name: z.string(),
    aggregate: z.enum(['jobs', 'tenants']).nullable(),
    eventType: z.string().nullable(),
    startAt: z.enum(['new', 'all']),
    /** The public half; the seed stays with the gateway's answer. */
    userKey: z.string().regex(/^U[A-Z2-7]{55}$/),
  }),
  'revoke-subscription': z.object({ subscriptionId: uuid }),
} as const;

export type TenantCommandType = keyof typeof tenantCommands;

/** The commands that workers take: what needs a call to a CRM and an answer at once. */
export const workerCommands = {
  'test-connection': z.object({ connectionId: uuid }),
  'read-schema': z.object({ connectionId: uuid }),
} as const;
export type WorkerCommandType = keyof typeof workerCommands;
