import { apiKeyView, createApiKeyBody } from '@freight/contracts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { createKey } from './createKey.ts';

export const createApiKeyRoute = defineRoute({
  method: 'post',
  path: '/v1/api-keys',
  operationId: 'createApiKey',
  tag: 'api-keys',
  summary: 'Create an API key',
  scope: 'write',
  headers: commandHeaders,
  body: createApiKeyBody,
  responses: { 201: { description: 'The key; its `secret` is shown this once.', schema: apiKeyView }, ...accepted },
  handle: (request, deps) => createKey(deps, request, request.caller.tenantId),
});
