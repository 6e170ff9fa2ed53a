import type { Reply } from '../http/call.ts';

/** A refusal; the two APIs put it in different words. */
export class AffinityError extends Error {
  override readonly name = 'AffinityError';
  readonly status: number;
  /** v2 only: which parameter is wrong. */
  readonly param: string | undefined;
  constructor(status: number, message: string, param?: string) {
    super(message);
    this.status = status;
    this.param = param;
  }
}

const V2_CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  401: 'authentication',
  403: 'authorization',
  404: 'not-found',
  405: 'method-not-allowed',
  409: 'conflict',
  422: 'unprocessable-entity',
  429: 'rate-limit',
  500: 'server',
  501: 'not-implemented',
  503: 'timeout',
};

/** v1 does not say what its errors look like; an array of sentences is our guess. */
export const toV1Reply = (error: AffinityError): Reply => ({ status: error.status, body: [error.message] });

export function toV2Reply(error: AffinityError): Reply {
  const code = error.param === undefined ? (V2_CODES[error.status] ?? 'server') : 'validation';
  const detail = { code, message: error.message, ...(error.param === undefined ? {} : { param: error.param }) };
  return { status: error.status, body: { errors: [detail] } };
}

export const invalidParam = (param: string, message: string): AffinityError => new AffinityError(400, message, param);
export const notFound = (what: string, id: string | number): AffinityError =>
  new AffinityError(404, `${what} ${id} was not found.`);
