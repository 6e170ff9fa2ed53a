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
  shape: { readonly name: string; readonly show: (row: Row) => unknown; readonly passes?: (row: Row) => boolean },
): Record<string, unknown> {
  const sizeText = call.query.get('page_size');
  const size = sizeText === null ? PAGE_MAX : Number(sizeText);
  if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX) {
    throw new AffinityError(422, `page_size must be between 1 and ${PAGE_MAX}.`);
  }
  const params = digestOf(`${call.path}?${canonicalParams(call.query, 'page_token')}`);
  const { rows, hasMore } = table.after(startOf(call, params), size, shape.passes);
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
