import { canonicalParams, decodeCursor, digestOf, encodeCursor } from '../cursors.ts';
import { AffinityError } from '../errors.ts';
import type { AffinityCall } from '../route.ts';
import type { SortedTable } from '../sortedTable.ts';

const PAGE_MAX = 500;

/**
 * One page of v1: `{<name>: [...], next_page_token}`; the token is null on the last page.
 * @throws AffinityError 422 for a page size out of range, or a token that is broken or belongs to other parameters.
 */
export function v1Page<Row extends { readonly id: number }>(
  call: AffinityCall,
  table: SortedTable<Row>,
  shape: {
    readonly name: string;
    readonly show: (row: Row) => unknown;
    readonly passes?: (row: Row) => boolean;
    /** The largest page, which is also the usual one. */
    readonly max?: number;
  },
): Record<string, unknown> {
  const { max = PAGE_MAX } = shape;
  const sizeText = call.query.get('page_size');
  const size = sizeText === null ? max : Number(sizeText);
  if (!Number.isInteger(size) || size < 1 || size > max) {
    throw new AffinityError(422, `page_size must be between 1 and ${max}.`);
  }
  const params = digestOf(`${call.path}?${canonicalParams(call.query, 'page_token')}`);
  const afterId = startOf(call, params);
  if (call.isPageEmpty) return { [shape.name]: [], next_page_token: encodeCursor({ afterId, params }) };
  const { rows, hasMore } = table.after(afterId, size, shape.passes);
  const last = rows[rows.length - 1];
  return {
    [shape.name]: rows.map(shape.show),
    next_page_token: hasMore && last !== undefined ? encodeCursor({ afterId: last.id, params }) : null,
  };
}

function startOf(call: AffinityCall, params: string): number {
  const token = call.query.get('page_token');
  if (token === null) return 0;
  const position = decodeCursor(token);
  if (position === undefined || position.params !== params) {
    throw new AffinityError(422, 'The page token is invalid, or the other parameters have changed.');
  }
  return position.afterId;
}
