import type { CrmCall } from '../call.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { page } from './shapes.ts';
import { affinity } from './vendor.ts';

export interface ListingPage {
  readonly rows: readonly unknown[];
  readonly nextCursor: string | null;
}

/** Only the cursor of the vendor's next address is kept, so that no stored one can ever lead to another host. */
const cursorOf = (nextUrl: string, baseUrl: string): string | null =>
  URL.canParse(nextUrl, baseUrl) ? new URL(nextUrl, baseUrl).searchParams.get('cursor') : null;

/** An error that a page with a cursor gave: as all else is constant, a refusal of the request is a refusal of the cursor. */
const blamesCursor = (error: unknown): error is CrmError =>
  error instanceof CrmError && [400, 404, 410, 422].includes(error.status ?? 0);

/**
 * One page of a v2 listing.
 * @param query everything but the cursor; the same for every page.
 * @throws CrmError `cursor_expired` when the cursor is refused, `unavailable` when the answer cannot be read.
 */
export const readListing = async (
  client: CrmClient,
  route: string,
  query: readonly (readonly [name: string, value: string])[],
  cursor: string | null,
  signal: AbortSignal,
): Promise<ListingPage> => {
  const parameters = new URLSearchParams();
  for (const [name, value] of query) parameters.append(name, value);
  if (cursor !== null) parameters.append('cursor', cursor);
  const call: CrmCall = { method: 'GET', route, path: `${route}?${parameters.toString()}`, callClass: 'read' };
  let reply: unknown;
  try {
    reply = await client.call(call, signal);
  } catch (error) {
    if (cursor !== null && blamesCursor(error)) {
      throw new CrmError('Affinity no longer takes the cursor of a listing', { kind: 'cursor_expired', cause: error });
    }
    throw error;
  }
  const parsed = page.safeParse(reply);
  if (!parsed.success) throw oddAnswer({ vendor: affinity, call });
  const { nextUrl } = parsed.data.pagination;
  if (!nextUrl) return { rows: parsed.data.data, nextCursor: null };
  const nextCursor = cursorOf(nextUrl, 'https://api.affinity.co');
  // A next page that cannot be reached must not pass for the end of the listing.
  if (nextCursor === null || nextCursor === cursor) throw oddAnswer({ vendor: affinity, call });
  return { rows: parsed.data.data, nextCursor };
};

/** All rows of a short listing. */
export const readAll = async (client: CrmClient, route: string, signal: AbortSignal): Promise<readonly unknown[]> => {
  const rows: unknown[] = [];
  let cursor: string | null = null;
  do {
    const next: ListingPage = await readListing(client, route, [['limit', '100']], cursor, signal);
    rows.push(...next.rows);
    cursor = next.nextCursor;
  } while (cursor !== null);
  return rows;
};
