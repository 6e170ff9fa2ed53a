import { connectionView } from '@freight/contracts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { etagOf } from '../../http/fields.ts';
import { getConnection } from '../../queries/connections.query.ts';
import { connectionParams } from './connectionParams.ts';

export const getConnectionRoute = defineRoute({
  method: 'get',
  path: '/v1/connections/{connectionId}',
  operationId: 'getConnection',
  tag: 'connections',
  summary: 'Read a connection',
  scope: 'read',
  params: connectionParams,
  responses: { 200: { description: 'The connection.', schema: connectionView } },
  problems: ['not_found'],
  handle: async ({ caller, params }, deps) => {
    const body = await getConnection(deps.db, caller.tenantId, params.connectionId);
    return body ? { status: 200, body, headers: etagOf(body) } : notFound();
  },
});
