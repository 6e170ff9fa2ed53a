import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { keyParams, revokeQuery } from './keyFields.ts';
import { revokeKey } from './revokeKey.ts';

export const revokeApiKeyRoute = defineRoute({
  method: 'delete',
  path: '/v1/api-keys/{keyId}',
  operationId: 'revokeApiKey',
  tag: 'api-keys',
  summary: 'Revoke an API key',
  description:
    'Within a second no gateway takes it any more, and its open event streams have ended; 202 promises that too. Revoking a key again changes nothing.',
  scope: 'write',
  operatorsToo: true,
  params: keyParams,
  query: revokeQuery,
  headers: commandHeaders,
  responses: { 204: { description: 'It is revoked.' }, ...accepted },
  problems: ['not_found', 'last_write_key'],
  handle: (request, deps) =>
    revokeKey(deps, request, { tenantId: request.caller.tenantId, keyId: request.params.keyId }),
});
