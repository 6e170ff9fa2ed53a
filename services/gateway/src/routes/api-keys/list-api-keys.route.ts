import { listedApiKeyOfRow } from '@freight/contracts';
import { z } from 'zod';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { listApiKeys } from '../../queries/apiKeys.query.ts';
import { apiKeyPage } from './keyFields.ts';

export const listApiKeysRoute = defineRoute({
  method: 'get',
  path: '/v1/api-keys',
  operationId: 'listApiKeys',
  tag: 'api-keys',
  summary: 'List the API keys, newest first',
  description: 'Revoked and expired ones too; never the keys themselves.',
  scope: 'read',
  query: z.strictObject(pageQuery()),
  responses: { 200: { description: 'A page of keys.', schema: apiKeyPage } },
  handle: ({ caller, query }, deps) =>
    answerPage({
      deps,
      tenantId: caller.tenantId,
      query,
      purpose: 'api-keys',
      read: (after, limit) => listApiKeys(deps.db, caller.tenantId, after, limit),
      keysOf: row => [row.created_at.toISOString(), row.id],
      show: row => listedApiKeyOfRow(row, deps.now()),
    }),
});
