import type { CrmCall } from './call.ts';
import { CrmError, type CrmErrorKind } from './crmError.ts';
import { waitAfterRateLimit } from './retryAfter.ts';
import { entryOf, textOf, type Vendor } from './vendor.ts';

/** What a fault is about; enough for a message that holds no value. */
export interface CallContext {
  readonly vendor: Vendor;
  readonly call: CrmCall;
}

const describe = ({ vendor, call }: CallContext): string => `${vendor.name}, ${call.method} ${call.route}`;

/** After these the request never left: no connection was made. Names as Node and undici give them. */
const neverSent = (cause: unknown): boolean => {
  const inner = cause instanceof Error ? cause.cause : undefined;
  const faults = inner instanceof AggregateError ? [inner, ...(inner.errors as readonly unknown[])] : [inner];
  return faults.some(fault => {
    const code = textOf(entryOf(fault, 'code')) ?? '';
    const syscall = textOf(entryOf(fault, 'syscall')) ?? '';
    return (
      syscall === 'connect' ||
      syscall === 'getaddrinfo' ||
      /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS)/u.test(code)
    );
  });
};

/** The error for a call that got no (whole) answer. A write may have happened by then, unless no connection was made. */
export const failureOf = (about: CallContext, cause: unknown): CrmError => {
  const kind = about.call.callClass === 'read' || neverSent(cause) ? 'unavailable' : 'outcome_unknown';
  return new CrmError(`${describe(about)}: no complete answer`, { kind, cause });
};

/** The error for a call that the caller's signal forestalled. */
export const stoppedBefore = (about: CallContext): CrmError =>
  new CrmError(`${describe(about)}: stopped before it was sent`, { kind: 'unavailable' });

/** The error for an answer that was understood as HTTP but is not what the vendor promises. */
export const oddAnswer = (about: CallContext): CrmError =>
  new CrmError(`${describe(about)}: the answer has another shape than documented`, {
    kind: about.call.callClass === 'read' ? 'unavailable' : 'outcome_unknown',
    vendorCode: 'unexpected_shape',
  });

const kindOf = ({ vendor, call }: CallContext, status: number, code: string | undefined): CrmErrorKind => {
  if (status === 429) return 'rate_limited';
  // Which 5xx came before the write took effect cannot be told, whatever its number; a gateway answers 503 and 504 for what it passed on, too.
  if (status >= 500 || status === 408) return call.callClass === 'read' ? 'unavailable' : 'outcome_unknown';
  if (status < 400) return 'unavailable';
  return vendor.kindOf(status, code);
};

/** The error for an answer other than 2xx; redirects are one. */
export const refusalOf = (about: CallContext, response: Response, body: unknown): CrmError => {
  const { status, headers } = response;
  const { code, message, paths } = about.vendor.readFault(body);
  const kind = kindOf(about, status, code);
  const what = status < 400 ? 'answered with a redirect, which is not followed' : `answered ${status}`;
  return new CrmError(`${describe(about)}: ${what}`, {
    kind,
    status,
    ...(code === undefined ? {} : { vendorCode: code }),
    ...(message === undefined ? {} : { vendorMessage: message }),
    ...(paths === undefined ? {} : { faultPaths: paths }),
    ...(kind === 'rate_limited' ? { retryAfterMs: waitAfterRateLimit(headers, about.vendor.waitMs) } : {}),
  });
};

/**
 * Reads a body of at most `maxBytes` as JSON; undefined for an empty one. Leaving early closes the connection.
 * @throws Error when it is longer, breaks off or is no JSON; the message holds nothing of it.
 */
export const readJson = async (response: Response, maxBytes: number): Promise<unknown> => {
  if (response.body === null) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  const text = new TextDecoder().decode(Buffer.concat(chunks, bytes));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('the body is no JSON');
  }
};
