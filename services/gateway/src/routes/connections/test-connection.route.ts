import { connectionTest } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { getConnection } from '../../queries/connections.query.ts';
import { accepted } from '../accepted.ts';
import { connectionParams } from './connectionParams.ts';

export const testConnectionRoute = defineRoute({
  method: 'post',
  path: '/v1/connections/{connectionId}/test',
  operationId: 'testConnection',
  tag: 'connections',
  summary: 'Try a connection against the system it leads to',
  scope: 'write',
  params: connectionParams,
  headers: commandHeaders,
  responses: { 200: { description: 'The verdict.', schema: connectionTest }, ...accepted },
  problems: ['not_found'],
  handle: async (request, deps) => {
    const { connectionId } = request.params;
    if (!(await getConnection(deps.db, request.caller.tenantId, connectionId))) return notFound();
    return sendCommand(deps, request, {
      service: 'workers',
      type: 'test-connection',
      prepare: () => ({ body: { connectionId } }),
    });
  },
});
