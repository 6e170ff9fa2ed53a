import type { BatchError } from '@freight/contracts';
import { backoffMs, FreightError } from '@freight/kernel';
import { isTransient } from '@freight/postgres';
import { CrmError } from '../connectors/crmError.ts';
import type { GiveBack } from './claim.ts';

/** A batch cannot be done now, for a reason that is known in full. */
export class BatchFailure extends Error {
  override readonly name = 'BatchFailure';
  readonly error: BatchError;
  readonly attempt: GiveBack['attempt'];
  constructor(error: BatchError, attempt: GiveBack['attempt']) {
    super(`${error.code}: ${error.detail}`);
    this.error = error;
    this.attempt = attempt;
  }
}

/** Codes of faults that nobody is to blame for: the attempt does not count. */
const blameless = new Set([
  'account_paused',
  'account_busy',
  'worker_stopping',
  'crm_rate_limited',
  'database_busy',
  'too_early',
]);
/** Faults that another attempt cannot mend before a person did something. */
const hopeless = new Set([
  'crm_unauthorized',
  'connection_missing',
  'host_not_allowed',
  'seal_broken',
  'key_mismatch',
  'key_damaged',
]);

/** Whether the fault lies with the connection that the call went through, or was to go through. */
const isAboutConnection = (error: FreightError): boolean =>
  error instanceof CrmError || error.code === 'connection_missing' || error.code === 'host_not_allowed';

const waitOf = (error: unknown, attempts: number): number => {
  if (error instanceof FreightError && error.retryAfterMs !== undefined) return Math.min(error.retryAfterMs, 60_000);
  return backoffMs(attempts + 1, { baseMs: 500, maxMs: 30_000 });
};

/**
 * How a batch goes back after an error.
 * @param side where the call went that failed, if it was one.
 */
export const giveBackFor = (error: unknown, attempts: number, side: BatchError['side']): GiveBack => {
  if (error instanceof BatchFailure) {
    return { delayMs: waitOf(error, attempts), error: error.error, attempt: error.attempt };
  }
  if (error instanceof FreightError) {
    const attempt = blameless.has(error.code) ? 'free' : hopeless.has(error.code) ? 'last' : 'counts';
    return {
      delayMs: waitOf(error, attempts),
      error: { code: error.code, detail: error.message, side: isAboutConnection(error) ? side : 'freight' },
      attempt,
    };
  }
  if (isTransient(error)) {
    const detail = 'PostgreSQL was away for a moment';
    return {
      delayMs: waitOf(error, attempts),
      error: { code: 'database_unavailable', detail, side: 'freight' },
      attempt: 'free',
    };
  }
  return {
    delayMs: waitOf(error, attempts),
    // The message of an unknown error may hold anything: the log has it, the row does not.
    error: { code: 'internal', detail: 'An unexpected error; the worker log has the details', side: 'freight' },
    attempt: 'counts',
  };
};
