import type { CallClass } from './connector.ts';

/** One call of a vendor's API. */
export interface CrmCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path with `{names}` in place of ids and without a query: what spans and errors show. */
  readonly route: string;
  /** The path as sent, with its query; `route` where they are the same. Starts with a slash. */
  readonly path?: string;
  readonly body?: unknown;
  /** By what it does, not by its method: a query that is posted is a read. */
  readonly callClass: CallClass;
  /** A write that may be sent twice: once more changes nothing. It is then tried again like a read. */
  readonly isRepeatable?: boolean;
}
