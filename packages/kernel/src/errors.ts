/** Whether trying the same thing again later can help. */
export type Retry = 'retryable' | 'terminal';

export interface FreightErrorOptions extends ErrorOptions {
  readonly code: string;
  readonly retry: Retry;
  /** The earliest useful moment of another try, milliseconds from now, where the other side named one. */
  readonly retryAfterMs?: number;
}

/** A fault that we understand: it has a stable code and says whether to try again. Its message never holds a secret or a record's value. */
export class FreightError extends Error {
  override readonly name: string = 'FreightError';
  readonly code: string;
  readonly retry: Retry;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: FreightErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.retry = options.retry;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Another worker holds the batch now: what this one computed must not be stored. */
export class FencedOutError extends FreightError {
  override readonly name = 'FencedOutError';
  constructor(message: string) {
    super(message, { code: 'fenced_out', retry: 'terminal' });
  }
}
