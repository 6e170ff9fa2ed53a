import type { Deps } from '../deps.ts';
import { type Answer, refuse } from '../http/answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

export interface PageSpec<Row> {
  readonly deps: Deps;
  readonly tenantId: string;
  readonly query: { readonly limit: number; readonly cursor?: string | undefined };
  /** Names the list and its filters: a cursor of one does not open another. */
  readonly purpose: string;
  /** One row more than the page has, so that the end shows. `after`: the keys of the last row of the page before. */
  readonly read: (after: readonly string[] | undefined, limit: number) => Promise<readonly Row[]>;
  readonly keysOf: (row: Row) => readonly string[];
  readonly show: (row: Row) => unknown;
}

/** Answers one page of a list, ordered by keys that never change, so that entries that come and go move nothing to another page. */
export const answerPage = async <Row>(spec: PageSpec<Row>): Promise<Answer> => {
  const { limit, cursor } = spec.query;
  const vault = await spec.deps.vault.of(spec.tenantId);
  const after = cursor === undefined ? undefined : decodeCursor(vault, spec.purpose, cursor);
  if (cursor !== undefined && !after) {
    return refuse('invalid_cursor', 'Take it from nextCursor of the same list, with the same filters.');
  }
  const rows = await spec.read(after, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    status: 200,
    body: {
      items: page.map(spec.show),
      nextCursor: more ? encodeCursor(vault, spec.purpose, spec.keysOf(last)) : null,
    },
  };
};
