import { notFound } from '../errors.ts';
import type { AttioState, ListInfo, ObjectInfo } from '../model/state.ts';
import { wholeNumber } from '../records/query.ts';

/** A request that is authenticated, within its limits and within its token's scopes. */
export interface AttioCall {
  readonly state: AttioState;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly nowMs: number;
}

export interface AttioRoute {
  readonly method: string;
  readonly pattern: string;
  /** Which bucket it draws from: queries are reads although they are POSTs. */
  readonly isWrite: boolean;
  /** Draws from the bucket for listing notes as well. */
  readonly isNoteList?: true;
  /** All of them are needed; `x:read-write` includes `x:read`. */
  readonly scopes: readonly string[];
  /** The whole body of a 200. @throws AttioError */
  readonly handle: (call: AttioCall) => unknown;
}

export const reads = (
  method: 'GET' | 'POST',
  pattern: string,
  scopes: readonly string[],
  handle: AttioRoute['handle'],
): AttioRoute => ({ method, pattern, isWrite: false, scopes, handle });

export const readsNotes = (pattern: string, scopes: readonly string[], handle: AttioRoute['handle']): AttioRoute => ({
  method: 'GET',
  pattern,
  isWrite: false,
  isNoteList: true,
  scopes,
  handle,
});

export const writes = (
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  pattern: string,
  scopes: readonly string[],
  handle: AttioRoute['handle'],
): AttioRoute => ({ method, pattern, isWrite: true, scopes, handle });

export const data = (value: unknown): { data: unknown } => ({ data: value });

/** @throws AttioError `not_found`; also for a standard object that is switched off. */
export function requireObject(state: AttioState, slugOrId: string): ObjectInfo {
  const direct = state.objects.get(slugOrId);
  if (direct !== undefined) return direct;
  for (const info of state.objects.values()) if (info.table.id === slugOrId) return info;
  throw notFound('Object', slugOrId);
}

/** @throws AttioError `not_found` */
export function requireList(state: AttioState, slugOrId: string): ListInfo {
  const direct = state.lists.get(slugOrId);
  if (direct !== undefined) return direct;
  for (const info of state.lists.values()) if (info.table.id === slugOrId) return info;
  throw notFound('List', slugOrId);
}

/** The `limit` and `offset` of a query string. @throws AttioError `validation_type` */
export function pageOf(
  query: URLSearchParams,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): { limit: number; offset: number } {
  const read = (name: string, otherwise: number, most: number): number => {
    const text = query.get(name);
    return text === null ? otherwise : wholeNumber(Number(text), name, name === 'limit' ? 1 : 0, most);
  };
  return { limit: read('limit', fallback, max), offset: read('offset', 0, Number.MAX_SAFE_INTEGER) };
}
