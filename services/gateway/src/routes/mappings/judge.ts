import type { Mapping } from '@freight/contracts';
import { schemaChanges, validateMapping } from '@freight/mapping';
import type { Answer } from '../../http/answer.ts';
import type { Schemas } from './readSchemas.ts';

/** A mapping with everything that is wrong with it, and what it adds to the target. */
export const judge = (mapping: Mapping, { source, target, sourceReadAt, targetReadAt }: Schemas): Answer => ({
  status: 200,
  body: {
    mapping,
    problems: validateMapping(mapping, source, target),
    changes: schemaChanges(mapping, source, target),
    sourceReadAt,
    targetReadAt,
  },
});
