import { connectionView, updateConnectionBody } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { changeHeaders, etagOf, ifVersion } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { judgeAddress } from './addresses.ts';
import { connectionParams } from './connectionParams.ts';
import { sealCredentials } from './sealCredentials.ts';

export const updateConnectionRoute = defineRoute({
  method: 'patch',
  path: '/v1/connections/{connectionId}',
  operationId: 'updateConnection',
  tag: 'connections',
  summary: 'Change a connection',
  description: 'What is not named stays as it is.',
  scope: 'write',
  params: connectionParams,
  headers: changeHeaders,
  body: updateConnectionBody,
  responses: { 200: { description: 'The connection as it is now.', schema: connectionView }, ...accepted },
  problems: ['not_found', 'version_mismatch', 'host_not_allowed'],
  handle: async (request, deps) => {
    const { connectionId } = request.params;
    const { name, baseUrl, credentials } = request.body;
    const address = baseUrl === undefined ? undefined : judgeAddress(baseUrl, deps.allowedHosts);
    if (address && !address.ok) return address.error;
    return sendCommand(deps, request, {
      service: 'tenants',
      type: 'update-connection',
      headers: etagOf,
      prepare: async () => ({
        body: {
          connectionId,
          ...ifVersion(request.headers),
          ...(name === undefined ? {} : { name }),
          ...(address === undefined ? {} : { baseUrl: address.value }),
          ...(credentials === undefined
            ? {}
            : { sealedCredentials: await sealCredentials(deps, request.caller.tenantId, connectionId, credentials) }),
        },
      }),
    });
  },
});
