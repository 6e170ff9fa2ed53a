import { platformTenantId } from '@freight/contracts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { revokeQuery, tenantKeyParams } from '../api-keys/keyFields.ts';
import { revokeKey } from '../api-keys/revokeKey.ts';

export const revokeTenantApiKeyRoute = defineRoute({
  method: 'delete',
  path: '/v1/tenants/{tenantId}/api-keys/{keyId}',
  operationId: 'revokeTenantApiKey',
  tag: 'tenants',
  summary: "Revoke a tenant's API key",
  description: "As the tenant's own `DELETE /v1/api-keys/{keyId}`.",
  scope: 'operator',
  params: tenantKeyParams,
  query: revokeQuery,
  headers: commandHeaders,
  responses: { 204: { description: 'It is revoked.' }, ...accepted },
  problems: ['not_found', 'last_write_key', 'tenant_erased'],
  handle: (request, deps) =>
    request.params.tenantId === platformTenantId
      ? Promise.resolve(notFound())
      : revokeKey(deps, request, request.params),
});
