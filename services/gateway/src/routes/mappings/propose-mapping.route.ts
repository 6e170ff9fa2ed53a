import { judgedMapping, proposeMappingBody } from '@freight/contracts';
import { proposeMapping } from '@freight/mapping';
import { defineRoute } from '../../http/defineRoute.ts';
import { accepted } from '../accepted.ts';
import { judge } from './judge.ts';
import { readSchemas } from './readSchemas.ts';

export const proposeMappingRoute = defineRoute({
  method: 'post',
  path: '/v1/mappings/propose',
  operationId: 'proposeMapping',
  tag: 'mappings',
  summary: 'Propose what moves where',
  description: 'A mapping to look at and to change. Nothing is stored, and nothing at either system is touched.',
  scope: 'read',
  body: proposeMappingBody,
  responses: { 200: { description: 'The proposal.', schema: judgedMapping }, ...accepted },
  problems: ['unknown_connection', 'wrong_system', 'connection_not_usable'],
  handle: async (request, deps) => {
    const read = await readSchemas(deps, request);
    return 'answer' in read
      ? read.answer
      : judge(proposeMapping(read.schemas.source, read.schemas.target), read.schemas);
  },
});
