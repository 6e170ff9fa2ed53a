import type { Context } from '../context.ts';
import { findTrace, type Side } from '../sides/side.ts';
import { type HttpAnswer, jsonOf, type Question } from './client.ts';
import { difference } from './compare.ts';
import type { Operation } from './openapi.ts';
import { fillPath } from './provide.ts';

const pagesMax = 50;

const isList = (operation: Operation): boolean => operation.query.some(one => one.name === 'cursor');
const isOwn = (operation: Operation): boolean => !operation.operatorsOnly;

const own = (side: Side, operation: Operation, key: string, query = ''): Question => ({
  method: 'GET',
  path: fillPath(operation.path, name => side.ids.get(name)) + query,
  key,
});

/** Reads all that A may read: no answer holds a trace of B, whatever tenant is named beside the key. */
export const readEverything = async (context: Context): Promise<void> => {
  const { client, record, a, b, operations } = context;
  for (const operation of operations.filter(one => one.method === 'GET' && isOwn(one))) {
    await record.attempt(
      { floor: 'http', name: operation.name, tried: "A's own, all pages", expected: 'no trace of B' },
      async () => {
        let query = isList(operation) ? '?limit=2' : '';
        for (let pages = 0; pages < pagesMax; pages++) {
          const answer = await client.ask(own(a, operation, a.keys.full, query));
          if (answer.status !== 200) throw new Error(`A's own was answered with ${answer.status}: ${answer.body}`);
          record.cover('route', operation.name);
          const found = findTrace(answer.body + JSON.stringify(answer.headers), b);
          if (found !== undefined) return found;
          const next = isList(operation) ? jsonOf<{ nextCursor?: string | null }>(answer).nextCursor : null;
          if (!next) return undefined;
          query = `?limit=2&cursor=${encodeURIComponent(next)}`;
        }
        return undefined;
      },
    );
    await record.attempt(
      {
        floor: 'http',
        name: operation.name,
        tried: "A's own, with B's tenant in the query",
        expected: 'no trace of B',
      },
      async () => {
        const answer = await client.ask(own(a, operation, a.keys.full, `?tenantId=${b.tenantId}`));
        return findTrace(answer.body, b, new Set([b.tenantId]));
      },
    );
  }
};

/** Goes on in A's and in B's lists from a place that B was given. */
export const tryCursors = async (context: Context): Promise<void> => {
  const { client, record, a, b, operations } = context;
  for (const operation of operations.filter(one => one.method === 'GET' && isOwn(one) && isList(one))) {
    const first = await client.ask(own(b, operation, b.keys.witness, '?limit=1'));
    const cursor = first.status === 200 ? jsonOf<{ nextCursor?: string | null }>(first).nextCursor : undefined;
    if (!cursor) {
      record.skip(`cursors of ${operation.name}: B has no second entry there`);
      continue;
    }
    for (const [where, side] of [
      ["A's", a],
      ["B's", b],
    ] as const) {
      await record.attempt(
        {
          floor: 'http',
          name: operation.name,
          tried: `a cursor of B in ${where} list`,
          expected: 'the bytes of the answer for a made-up cursor',
        },
        async () => {
          const ask = (text: string): Promise<HttpAnswer> =>
            client.ask(own(side, operation, a.keys.full, `?limit=1&cursor=${encodeURIComponent(text)}`));
          const nothing = [await ask(madeUp(cursor)), await ask(madeUp(cursor))] as const;
          const yours = await ask(cursor);
          return difference(yours, nothing, [cursor]) ?? findTrace(yours.body, b);
        },
      );
    }
  }
};

/** Something that looks like the cursor and is none. */
const madeUp = (cursor: string): string => cursor.replace(/[A-Z]/g, 'A').replace(/[0-9]/g, '0');
