import { canonicalParams, decodeCursor, encodeCursor } from '../cursors.ts';
import { invalidParam } from '../errors.ts';
import type { AffinityCall } from '../route.ts';
import type { SortedTable } from '../sortedTable.ts';

const LIMIT_MAX = 100;

/**
 * The parameters that a page is made from. The cursor carries those of the first page, so `nextUrl` needs nothing else;
 * parameters that come along with a cursor must be the same.
 */
export interface PageRequest {
  readonly query: URLSearchParams;
  readonly afterId: number;
}

/** @throws AffinityError 400 for a cursor that is broken or belongs to another request. */
export function readPageRequest(call: AffinityCall): PageRequest {
  const cursor = call.query.get('cursor');
  if (cursor === null) return { query: call.query, afterId: 0 };
  const position = decodeCursor(cursor);
  const [path, params] = position?.params.split('?') ?? [];
  const given = canonicalParams(call.query, 'cursor');
  if (position === undefined || path !== call.path || params === undefined || (given !== '' && given !== params)) {
    throw invalidParam('cursor', "Param 'cursor' is invalid.");
  }
  return { query: new URLSearchParams(params), afterId: position.afterId };
}

/**
 * One page of v2: `{data, pagination: {prevUrl, nextUrl}}`. The way back is not played: `prevUrl` is always null.
 * @throws AffinityError 400 for a limit out of range.
 */
export function v2Page<Row extends { readonly id: number }>(
  call: AffinityCall,
  request: PageRequest,
  table: SortedTable<Row>,
  shape: {
    readonly show: (row: Row) => unknown;
    readonly passes?: (row: Row) => boolean;
    readonly defaultLimit?: number;
  },
): Record<string, unknown> {
  const limit = readLimit(request.query, shape.defaultLimit ?? LIMIT_MAX);
  if (call.isPageEmpty) {
    return { data: [], pagination: { prevUrl: null, nextUrl: nextUrl(call, request.query, request.afterId) } };
  }
  const { rows, hasMore } = table.after(request.afterId, limit, shape.passes);
  const last = rows[rows.length - 1];
  const isTotalAsked = request.query.get('totalCount') === 'true';
  return {
    data: rows.map(shape.show),
    pagination: {
      prevUrl: null,
      nextUrl: hasMore && last !== undefined ? nextUrl(call, request.query, last.id) : null,
      ...(isTotalAsked
        ? { totalCount: shape.passes === undefined ? table.size : countPassing(table, shape.passes) }
        : {}),
    },
  };
}

function countPassing<Row extends { readonly id: number }>(
  table: SortedTable<Row>,
  passes: (row: Row) => boolean,
): number {
  let count = 0;
  for (const row of table.values()) if (passes(row)) count += 1;
  return count;
}

function nextUrl(call: AffinityCall, query: URLSearchParams, afterId: number): string {
  const params = `${call.path}?${canonicalParams(query, 'cursor')}`;
  return `${call.baseUrl}${call.path}?cursor=${encodeCursor({ afterId, params })}`;
}

function readLimit(query: URLSearchParams, fallback: number): number {
  const text = query.get('limit');
  if (text === null) return fallback;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) {
    throw invalidParam('limit', "Param 'limit' must be greater than or equal to 1.");
  }
  if (limit > LIMIT_MAX) {
    throw invalidParam('limit', `Param 'limit' must be less than or equal to ${LIMIT_MAX}.`);
  }
  return limit;
}

/** `ids=1&ids=2` narrows the page to those of them that there are; without the parameter the table stays whole. */
export function narrowed<Row extends { readonly id: number }>(
  query: URLSearchParams,
  table: SortedTable<Row>,
): SortedTable<Row> {
  const raw = query.getAll('ids').map(Number);
  if (raw.length === 0) return table;
  if (!raw.every(Number.isInteger)) throw invalidParam('ids', "Param 'ids' must be integers.");
  return table.only(raw);
}
