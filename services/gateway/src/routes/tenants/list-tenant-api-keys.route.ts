import { listedApiKeyOfRow } from '@freight/contracts';
import { z } from 'zod';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { listApiKeys } from '../../queries/apiKeys.query.ts';
import { getTenant } from '../../queries/tenants.query.ts';
import { apiKeyPage } from '../api-keys/keyFields.ts';
import { tenantParams } from './tenantParams.ts';

export const listTenantApiKeysRoute = defineRoute({
  method: 'get',
  path: '/v1/tenants/{tenantId}/api-keys',
  operationId: 'listTenantApiKeys',
  tag: 'tenants',
  summary: "List a tenant's API keys, newest first",
  scope: 'operator',
  params: tenantParams,
  query: z.strictObject(pageQuery()),
  responses: { 200: { description: 'A page of keys.', schema: apiKeyPage } },
  problems: ['not_found'],
  handle: async ({ caller, params: { tenantId }, query }, deps) => {
    if (!(await getTenant(deps.db, tenantId))) return notFound();
    return answerPage({
      deps,
      tenantId: caller.tenantId,
      query,
      purpose: `api-keys of ${tenantId}`,
      read: (after, limit) => listApiKeys(deps.db, tenantId, after, limit),
      keysOf: row => [row.created_at.toISOString(), row.id],
      show: row => listedApiKeyOfRow(row, deps.now()),
    });
  },
});
