import type { Reply } from '../http/call.ts';

export interface ValidationIssue {
  readonly code: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A refusal in Attio's form: four keys, and the issues where a body did not fit its schema. */
export class AttioError extends Error {
  override readonly name = 'AttioError';
  readonly status: number;
  readonly code: string;
  readonly issues: readonly ValidationIssue[] | undefined;

  constructor(status: number, code: string, message: string, issues?: readonly ValidationIssue[]) {
    super(message);
    this.status = status;
    this.code = code;
    this.issues = issues;
  }
}

export function toReply(error: AttioError, headers?: Record<string, string>): Reply {
  const body = {
    status_code: error.status,
    type: typeOf(error.status),
    code: error.code,
    message: error.message,
    ...(error.issues === undefined ? {} : { validation_errors: error.issues }),
  };
  return headers === undefined ? { status: error.status, body } : { status: error.status, body, headers };
}

function typeOf(status: number): string {
  if (status === 401 || status === 403) return 'auth_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** A value or body of the wrong form. `path` leads to it from the top of the body. */
export const invalid = (message: string, path: readonly (string | number)[] = []): AttioError =>
  new AttioError(400, 'validation_type', message, [{ code: 'invalid_type', path, message }]);

/** Something that a value names does not exist: an attribute, an option, a record, a member. */
export const valueNotFound = (message: string): AttioError => new AttioError(400, 'value_not_found', message);

export const notFound = (what: string, id: string): AttioError =>
  new AttioError(404, 'not_found', `Could not find ${what} with slug/ID "${id}".`);

export const slugConflict = (message: string): AttioError => new AttioError(409, 'slug_conflict', message);
