import { connectionView, connectionViewOfRow } from '@freight/contracts';
import { z } from 'zod';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageOf, pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { listConnections } from '../../queries/connections.query.ts';

export const listConnectionsRoute = defineRoute({
  method: 'get',
  path: '/v1/connections',
  operationId: 'listConnections',
  tag: 'connections',
  summary: 'List the connections, newest first',
  scope: 'read',
  query: z.strictObject(pageQuery()),
  responses: {
    200: { description: 'A page of connections.', schema: pageOf(connectionView).meta({ id: 'ConnectionPage' }) },
  },
  handle: ({ caller, query }, deps) =>
    answerPage({
      deps,
      tenantId: caller.tenantId,
      query,
      purpose: 'connections',
      read: (after, limit) => listConnections(deps.db, caller.tenantId, after, limit),
      keysOf: row => [row.created_at.toISOString(), row.id],
      show: connectionViewOfRow,
    }),
});
