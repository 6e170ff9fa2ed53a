import type { SourceSchema, TargetSchema } from '@freight/contracts';
import type { Deps } from '../../deps.ts';
import { type Answer, refuse } from '../../http/answer.ts';
import type { RouteRequest } from '../../http/defineRoute.ts';
import { readSchema } from '../connections/readSchema.ts';

/** A mapping is judged by what the systems hold now, give or take this long. Milliseconds. */
const maxAgeMs = 600_000;

interface Ends {
  readonly source: { readonly connectionId: string };
  readonly target: { readonly connectionId: string };
}

export interface Schemas {
  readonly source: SourceSchema;
  readonly target: TargetSchema;
  readonly sourceReadAt: string;
  readonly targetReadAt: string;
}

const unknown = (end: keyof Ends): Answer =>
  refuse('unknown_connection', undefined, {
    errors: [{ pointer: `/${end}/connectionId`, detail: 'there is no such connection' }],
  });
const wrong = (end: keyof Ends, verb: string): Answer =>
  refuse('wrong_system', undefined, {
    errors: [{ pointer: `/${end}/connectionId`, detail: `its system cannot be ${verb}` }],
  });

/** What both ends of a migration hold; or the answer instead. */
export const readSchemas = async (
  deps: Deps,
  request: RouteRequest<unknown, unknown, unknown, Ends>,
): Promise<{ readonly schemas: Schemas } | { readonly answer: Answer }> => {
  const { source, target } = request.body;
  const from = await readSchema(deps, request, source.connectionId, maxAgeMs);
  if ('answer' in from) return { answer: from.answer.status === 404 ? unknown('source') : from.answer };
  if (from.schema.source === null) return { answer: wrong('source', 'read from') };
  const to = await readSchema(deps, request, target.connectionId, maxAgeMs);
  if ('answer' in to) return { answer: to.answer.status === 404 ? unknown('target') : to.answer };
  if (to.schema.target === null) return { answer: wrong('target', 'written to') };
  return {
    schemas: {
      source: from.schema.source,
      target: to.schema.target,
      sourceReadAt: from.schema.readAt,
      targetReadAt: to.schema.readAt,
    },
  };
};
