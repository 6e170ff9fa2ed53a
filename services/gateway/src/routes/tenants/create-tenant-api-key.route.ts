import { apiKeyView, createApiKeyBody, platformTenantId } from '@freight/contracts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { createKey } from '../api-keys/createKey.ts';
import { tenantParams } from './tenantParams.ts';

export const createTenantApiKeyRoute = defineRoute({
  method: 'post',
  path: '/v1/tenants/{tenantId}/api-keys',
  operationId: 'createTenantApiKey',
  tag: 'tenants',
  summary: 'Create an API key for a tenant',
  description: 'For a tenant that has lost or revoked its keys.',
  scope: 'operator',
  params: tenantParams,
  headers: commandHeaders,
  body: createApiKeyBody,
  responses: { 201: { description: 'The key; its `secret` is shown this once.', schema: apiKeyView }, ...accepted },
  problems: ['not_found', 'tenant_erased'],
  handle: (request, deps) =>
    request.params.tenantId === platformTenantId
      ? Promise.resolve(notFound())
      : createKey(deps, request, request.params.tenantId),
});
