import { listedApiKey, uuid } from '@freight/contracts';
import { z } from 'zod';
import { pageOf } from '../../http/fields.ts';

export const keyParams = z.strictObject({ keyId: uuid });
export const tenantKeyParams = z.strictObject({ tenantId: uuid, keyId: uuid });

export const revokeQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: revoke it even if no key that may write is left to the tenant.'),
});

export const apiKeyPage = pageOf(listedApiKey).meta({ id: 'ApiKeyPage' });
