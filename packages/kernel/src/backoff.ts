export interface BackoffOptions {
  /** The first wait, milliseconds. */
  readonly baseMs: number;
  /** The longest wait, milliseconds. */
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: a wait between half of the step and the whole step, in milliseconds.
 * @param attempt 1 for the first retry.
 * @param random a number in [0, 1).
 */
export const backoffMs = (attempt: number, options: BackoffOptions, random: number = Math.random()): number => {
  const step = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  return Math.round(step / 2 + (step / 2) * random);
};
