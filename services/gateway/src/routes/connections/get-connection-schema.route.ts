import { connectionSchema } from '@freight/contracts';
import { z } from 'zod';
import { defineRoute } from '../../http/defineRoute.ts';
import { queryNumber } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { connectionParams } from './connectionParams.ts';
import { readSchema } from './readSchema.ts';

export const getConnectionSchemaRoute = defineRoute({
  method: 'get',
  path: '/v1/connections/{connectionId}/schema',
  operationId: 'getConnectionSchema',
  tag: 'connections',
  summary: 'Read what the system behind a connection holds',
  description:
    'Objects, fields with their options, lists, users. The system is asked when what is known is older than `maxAgeSeconds`; a large workspace takes a while: 202 then, ask again.',
  scope: 'read',
  params: connectionParams,
  query: z.strictObject({
    maxAgeSeconds: queryNumber({
      min: 0,
      max: 86_400,
      fallback: 600,
      description: 'How old the answer may be, in seconds; 0: the system is asked in any case.',
    }),
  }),
  responses: { 200: { description: 'What it holds.', schema: connectionSchema }, ...accepted },
  problems: ['not_found', 'connection_not_usable'],
  handle: async (request, deps) => {
    const read = await readSchema(deps, request, request.params.connectionId, request.query.maxAgeSeconds * 1000);
    return 'schema' in read ? { status: 200, body: read.schema } : read.answer;
  },
});
