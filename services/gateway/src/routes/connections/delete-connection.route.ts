import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { connectionParams } from './connectionParams.ts';

export const deleteConnectionRoute = defineRoute({
  method: 'delete',
  path: '/v1/connections/{connectionId}',
  operationId: 'deleteConnection',
  tag: 'connections',
  summary: 'Delete a connection and its credentials',
  scope: 'write',
  params: connectionParams,
  headers: commandHeaders,
  responses: { 204: { description: 'It is deleted.' }, ...accepted },
  problems: ['not_found', 'connection_in_use'],
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'tenants',
      type: 'delete-connection',
      prepare: () => ({ body: { connectionId: request.params.connectionId } }),
    }),
});
