/**
 * Every problem that the API can answer: its HTTP status and title, by stable code.
 * The problem's type URI is `urn:freight:problem:<code>`. Source of the format: RFC 9457.
 */
export const problems = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  key_in_query: { status: 400, title: 'An API key must not be sent in the URL' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  wrong_environment: { status: 401, title: 'The API key belongs to another environment' },
  forbidden: { status: 403, title: 'The API key may not do this' },
  address_not_allowed: { status: 403, title: "The address is not on the tenant's list" },
  tenant_suspended: { status: 403, title: 'The tenant is suspended' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  command_in_flight: { status: 409, title: 'The same request is still being worked on' },
  slug_taken: { status: 409, title: 'The slug is taken' },
  last_write_key: { status: 409, title: 'It is the last key that may write' },
  key_not_usable: { status: 409, title: 'The key is revoked or has expired' },
  tenant_erased: { status: 409, title: 'The tenant is being erased, or was' },
  tenant_not_suspended: { status: 409, title: 'The tenant is not suspended' },
  export_running: { status: 409, title: 'Another export of the tenant is under way' },
  subscription_limit: { status: 409, title: 'The tenant has as many subscriptions as it may have' },
  connection_in_use: { status: 409, title: 'A job that has not ended uses the connection' },
  job_limit_reached: { status: 409, title: 'As many jobs run as the tenant may have' },
  invalid_transition: { status: 409, title: 'The job cannot do this now' },
  version_mismatch: { status: 412, title: 'It has changed since you read it' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with another request' },
  unknown_connection: { status: 422, title: 'The configuration names a connection that does not exist' },
  connection_not_usable: { status: 422, title: 'The system behind the connection cannot be used' },
  wrong_system: { status: 422, title: 'The connection belongs to another kind of system' },
  lane_not_allowed: { status: 422, title: 'The tenant may not use this lane' },
  host_not_allowed: { status: 422, title: 'The address is not on the list of allowed hosts' },
  slug_mismatch: { status: 422, title: "The slug is not the tenant's" },
  invalid_command: { status: 422, title: 'The command was not understood' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The request line and headers are too large' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  subscriptions_off: { status: 501, title: 'This deployment has no subscriptions' },
  unavailable: { status: 503, title: 'The service is not available right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** One thing that is wrong with a request, and where. */
export interface ProblemIssue {
  /** JSON Pointer into the body, or `query.<name>`, `path.<name>`, `header.<name>`. */
  readonly pointer: string;
  readonly detail: string;
}

/** The body of every error answer. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly ProblemIssue[];
}

/** Builds the body of a problem; `detail` says what to do next and never holds a secret or another tenant's facts. */
export const problem = (code: ProblemCode, detail?: string, errors?: readonly ProblemIssue[]): ProblemBody => ({
  type: `urn:freight:problem:${code}`,
  title: problems[code].title,
  status: problems[code].status,
  code,
  ...(detail === undefined ? {} : { detail }),
  ...(errors === undefined || errors.length === 0 ? {} : { errors }),
});
