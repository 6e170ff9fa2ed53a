import { judgedMapping, validateMappingBody } from '@freight/contracts';
import { defineRoute } from '../../http/defineRoute.ts';
import { accepted } from '../accepted.ts';
import { judge } from './judge.ts';
import { readSchemas } from './readSchemas.ts';

export const validateMappingRoute = defineRoute({
  method: 'post',
  path: '/v1/mappings/validate',
  operationId: 'validateMapping',
  tag: 'mappings',
  summary: 'Judge a mapping by what both systems hold',
  description: 'Names all problems at once, and what the mapping would add to the target. Nothing is stored.',
  scope: 'read',
  body: validateMappingBody,
  responses: { 200: { description: 'The mapping with its problems.', schema: judgedMapping }, ...accepted },
  problems: ['unknown_connection', 'wrong_system', 'connection_not_usable'],
  handle: async (request, deps) => {
    const read = await readSchemas(deps, request);
    return 'answer' in read ? read.answer : judge(request.body.mapping, read.schemas);
  },
});
