import { randomUUID } from 'node:crypto';
import type { Context } from '../context.ts';
import { recordedRequest } from '../sides/makeSide.ts';
import { findTrace, type Side } from '../sides/side.ts';
import { type HttpAnswer, headerOf, type Question } from './client.ts';
import type { Operation } from './openapi.ts';
import { bodyOf, fillPath } from './provide.ts';

const isMaker = (operation: Operation): boolean =>
  operation.method === 'POST' &&
  operation.pathParameters.length === 0 &&
  !operation.operatorsOnly &&
  operation.headers.some(one => one.name.toLowerCase() === 'idempotency-key');

const make = (context: Context, side: Side, operation: Operation, idempotencyKey: string, body: unknown): Question => ({
  method: 'POST',
  path: fillPath(operation.path, name => side.ids.get(name)),
  key: side.keys.full,
  headers: { 'idempotency-key': idempotencyKey },
  ...(operation.body ? { body } : {}),
});

/** What is wrong with an answer that ought to be A's own and new. */
const isNotNew = (answer: HttpAnswer, b: Side): string | undefined => {
  if (headerOf(answer, 'idempotency-replayed') !== undefined) return `a replay: ${answer.body}`;
  if (answer.status >= 300) return `status ${answer.status}: ${answer.body}`;
  return findTrace(answer.body, b);
};

/** Uses one idempotency key in both tenants, for the same request and for another one. */
export const tryIdempotencyKeys = async (context: Context): Promise<void> => {
  const { client, record, a, b } = context;
  for (const operation of context.operations.filter(isMaker)) {
    const bodies = operation.body
      ? ([bodyOf(context, a, operation.body), bodyOf(context, b, operation.body)] as const)
      : ([undefined, undefined] as const);
    await record.attempt(
      {
        floor: 'http',
        name: operation.name,
        tried: "an idempotency key that B has used, with A's own request",
        expected: 'an answer as to a new key',
      },
      async () => {
        const idempotencyKey = `${a.mark}-${randomUUID()}`;
        const first = await client.ask(make(context, b, operation, idempotencyKey, bodies[1]));
        if (first.status >= 300) {
          record.cannot('route', operation.name, `B's own request is answered ${first.status}: ${first.body}`);
          throw new Error(`B's own request is answered ${first.status}: ${first.body}`);
        }
        record.cover('route', operation.name);
        return isNotNew(await client.ask(make(context, a, operation, idempotencyKey, bodies[0])), b);
      },
    );
  }
  await record.attempt(
    {
      floor: 'http',
      name: 'POST /v1/connections',
      tried: 'the very request that B has recorded, with its idempotency key',
      expected: 'an answer as to a new key',
    },
    async () => {
      const path = '/v1/connections';
      const headers = { 'idempotency-key': b.idempotencyKey };
      return isNotNew(await client.ask({ method: 'POST', path, key: a.keys.full, headers, body: recordedRequest }), b);
    },
  );
};
