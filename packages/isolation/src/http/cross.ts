import { newId, sleep } from '@freight/kernel';
import type { Context } from '../context.ts';
import { findTrace } from '../sides/side.ts';
import { type HttpAnswer, headerOf, jsonOf, type Question } from './client.ts';
import { difference } from './compare.ts';
import type { Operation } from './openapi.ts';
import { bodyOf, fillPath, readsFirst, referenceOf } from './provide.ts';
import { referencesIn } from './sample.ts';

/** One way of asking, with a place for the id that is tried. */
interface Way {
  readonly tried: string;
  readonly ask: (id: string) => Question;
  /** B's id for that place. */
  readonly yours: string;
}

const replyWithinMs = 10_000;

/** Asks, and where the command was only recorded, waits for what became of it and adds that to the answer. */
const askToTheEnd = async (context: Context, question: Question, at: number): Promise<HttpAnswer> => {
  const answer = await context.client.ask(question, at);
  const location = headerOf(answer, 'location');
  if (answer.status !== 202 || location === undefined) return answer;
  const deadline = performance.now() + replyWithinMs;
  for (;;) {
    const view = await context.client.ask({ method: 'GET', path: location, key: context.a.keys.full }, at);
    const { reply } = jsonOf<{ reply: unknown }>(view);
    if (reply) return { ...answer, body: answer.body + JSON.stringify(reply) };
    if (performance.now() > deadline) throw new Error(`the command at ${location} was not answered`);
    await sleep(20);
  }
};

/** Answers that come before anything is reached that could leak. */
const isMisunderstood = (status: number, operatorsOnly: boolean): boolean =>
  [400, 401, 405, 413, 415, 429].includes(status) || status >= 500 || (status === 403 && !operatorsOnly);

let turn = 0;

/** Asks for B's thing and for nothing, with A's key, and compares the answers. */
const cross = async (context: Context, operation: Operation, way: Way): Promise<void> => {
  const { record, b } = context;
  const isOperators = operation.operatorsOnly;
  await record.attempt(
    {
      floor: 'http',
      name: operation.name,
      tried: way.tried,
      expected: isOperators
        ? 'refused, with the bytes of the answer for nothing'
        : 'the bytes of the answer for nothing',
    },
    async () => {
      const at = turn++ % context.gateways;
      const [first, last] = [newId(), newId()];
      const before = await askToTheEnd(context, way.ask(first), at);
      const yours = await askToTheEnd(context, way.ask(way.yours), at);
      const after = await askToTheEnd(context, way.ask(last), at);
      if (isOperators && yours.status !== 403) return `status ${yours.status} for a tenant's key: ${yours.body}`;
      if (isMisunderstood(before.status, isOperators)) {
        record.cannot('route', operation.name, `asked for nothing it answers ${before.status}: ${before.body}`);
      } else record.cover('route', operation.name);
      return (
        difference(yours, [before, after], [first, last, way.yours]) ??
        // What was sent may come back; anything else of B may not.
        findTrace(yours.body + JSON.stringify(yours.headers), b, new Set([way.yours]))
      );
    },
  );
};

const queryOf = (values: Readonly<Record<string, string>>): string => {
  const text = new URLSearchParams(values).toString();
  return text === '' ? '' : `?${text}`;
};

/** A value for each query parameter; a cursor has attempts of its own. */
const queryValues = (operation: Operation): Record<string, string> =>
  Object.fromEntries(
    operation.query.flatMap(({ name, schema }) => {
      if (name === 'cursor') return [];
      const value = schema.enum?.[0] ?? schema.anyOf?.[0]?.enum?.[0] ?? schema.minimum ?? schema.const;
      return value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
    }),
  );

/** Ways in which a header may change what is answered: B's own versions, and the shape of the answer. */
const headerVariants = (operation: Operation): readonly (readonly [string, Record<string, string>])[] => {
  const names = new Set(operation.headers.map(one => one.name.toLowerCase()));
  return [
    ...(names.has('if-none-match')
      ? ([1, 2, 3, 4, 5].map(n => [`If-None-Match W/"${n}"`, { 'if-none-match': `W/"${n}"` }] as const) as [])
      : []),
    ...(names.has('if-none-match') ? [['If-None-Match *', { 'if-none-match': '*' }] as const] : []),
    ...(names.has('if-match') ? [['If-Match *', { 'if-match': '*' }] as const] : []),
    ...(names.has('prefer') ? [['Prefer respond-async', { prefer: 'respond-async' }] as const] : []),
    ...(operation.streams
      ? [
          ['as a stream', { accept: 'text/event-stream' }] as const,
          ['as a stream after version 1', { accept: 'text/event-stream', 'last-event-id': '1' }] as const,
        ]
      : []),
  ];
};

/** Headers in which a client might smuggle a tenant. */
const smuggled = (tenantId: string): Record<string, string> => ({
  'x-tenant-id': tenantId,
  'freight-tenant': tenantId,
  'x-freight-tenant-id': tenantId,
  forwarded: `for=127.0.0.1;host=${tenantId}`,
  cookie: `tenant=${tenantId}; freight.tenant_id=${tenantId}`,
  baggage: `tenantId=${tenantId}`,
});

const waysByPath = (context: Context, operation: Operation): readonly Way[] => {
  const { a, b } = context;
  const body = operation.body ? bodyOf(context, a, operation.body) : undefined;
  const values = queryValues(operation);
  return operation.pathParameters.flatMap((parameter): readonly Way[] => {
    const yours = b.ids.get(parameter);
    if (yours === undefined) {
      context.record.cannot('route', operation.name, `no filler for {${parameter}}`);
      return [];
    }
    const several = operation.pathParameters.length > 1;
    const question = (mates: 'A' | 'B', id: string): Question => ({
      method: operation.method,
      path: fillPath(operation.path, name => (name === parameter ? id : (mates === 'A' ? a : b).ids.get(name))),
      key: a.keys.full,
      ...(body === undefined ? {} : { body }),
    });
    const plain = (id: string) => question('A', id);
    return [
      { tried: `B's {${parameter}}`, yours, ask: plain },
      ...(several
        ? [{ tried: `B's {${parameter}} beside B's others`, yours, ask: (id: string) => question('B', id) }]
        : []),
      ...(operation.method === 'GET'
        ? [{ tried: `HEAD of B's {${parameter}}`, yours, ask: (id: string) => ({ ...plain(id), method: 'HEAD' }) }]
        : []),
      ...(Object.keys(values).length > 0
        ? [
            {
              tried: `B's {${parameter}} with ${queryOf(values)}`,
              yours,
              ask: (id: string) => ({ ...plain(id), path: plain(id).path + queryOf(values) }),
            },
          ]
        : []),
      ...headerVariants(operation).map(([name, headers]) => ({
        tried: `B's {${parameter}}, ${name}`,
        yours,
        ask: (id: string) => ({ ...plain(id), headers }),
      })),
      {
        tried: `B's {${parameter}}, with B's tenant in headers`,
        yours,
        ask: (id: string) => ({ ...plain(id), headers: smuggled(b.tenantId) }),
      },
    ];
  });
};

const withValueAt = (value: unknown, [step, ...rest]: readonly string[], id: string): unknown =>
  step === undefined
    ? id
    : { ...(value as object), [step]: withValueAt((value as Record<string, unknown>)[step], rest, id) };

const waysByBody = (context: Context, operation: Operation): readonly Way[] => {
  const { a, b } = context;
  if (!operation.body) return [];
  const body = bodyOf(context, a, operation.body);
  return referencesIn(operation.body, context.resolve).flatMap(({ path }) => {
    const yours = referenceOf(b, path);
    return yours === undefined
      ? []
      : [
          {
            tried: `B's id as ${path.join('.')} of the body`,
            yours,
            ask: (id: string): Question => ({
              method: operation.method,
              path: fillPath(operation.path, name => a.ids.get(name)),
              key: a.keys.full,
              body: withValueAt(body, path, id),
            }),
          },
        ];
  });
};

/** Asks every operation for B's things in every place that takes an id. */
export const crossRoutes = async (context: Context): Promise<void> => {
  const { operations, record } = context;
  for (const operation of readsFirst(operations)) {
    record.expect('route', operation.name);
    try {
      for (const way of [...waysByPath(context, operation), ...waysByBody(context, operation)]) {
        await cross(context, operation, way);
      }
    } catch (error) {
      record.cannot('route', operation.name, error instanceof Error ? error.message : String(error));
    }
  }
};
