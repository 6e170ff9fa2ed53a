import type { IncomingHttpHeaders } from 'node:http';

/** One request at a vendor's door, after the mount (`/affinity`, `/attio`) was taken off its path. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON body; `undefined` when there was none or when it was not JSON (see `bodyIsBroken`). */
  readonly body: unknown;
  readonly bodyIsBroken: boolean;
  /** Where the caller reached us, mount included, without a closing slash: what absolute links start with. */
  readonly baseUrl: string;
  /** Milliseconds since the epoch, read once per request so that everything a request does has one time. */
  readonly nowMs: number;
  /** A scripted fault: a page of a listing is to come empty, with a token that leads on from where it stood. */
  readonly isPageEmpty?: boolean;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a request leads, known before anything of it is carried out. */
export interface Routed {
  /** The route's pattern, such as `/v2/objects/{object}/records`; `(none)` where no route fits. */
  readonly route: string;
  readonly isWrite: boolean;
  run(call: Call): Answer;
}

export interface Answer {
  readonly reply: Reply;
  /** Refused by a rate limit, therefore not processed. */
  readonly isLimited: boolean;
}

export const NO_ROUTE = '(none)';
