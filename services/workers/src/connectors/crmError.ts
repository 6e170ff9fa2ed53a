import { FreightError } from '@freight/kernel';

/**
 * What went wrong at a vendor, in the few classes that decide what to do next.
 * - `rejected`: this record or request will never be taken as it is.
 * - `conflict`: a unique value sits on another record; look, then decide.
 * - `unauthorized`: the credentials or their rights do not suffice.
 * - `not_found`: what was addressed is not there.
 * - `cursor_expired`: the listing must start over.
 * - `rate_limited`: not carried out; the account waits.
 * - `unavailable`: not carried out, or a read: try again later.
 * - `outcome_unknown`: a write that may or may not have taken effect.
 */
export type CrmErrorKind =
  | 'rejected'
  | 'conflict'
  | 'unauthorized'
  | 'not_found'
  | 'cursor_expired'
  | 'rate_limited'
  | 'unavailable'
  | 'outcome_unknown';

const retryable: ReadonlySet<CrmErrorKind> = new Set(['rate_limited', 'unavailable', 'outcome_unknown']);

export interface CrmErrorOptions extends ErrorOptions {
  readonly kind: CrmErrorKind;
  readonly status?: number;
  /** The vendor's own code for it. */
  readonly vendorCode?: string;
  /** The vendor's own words: may hold a record's values, so it is stored sealed and never logged. */
  readonly vendorMessage?: string;
  /** Where in the request the fault lies, as the vendor points at it (`data.values.domains.0`): names and places, never values. */
  readonly faultPaths?: readonly string[];
  readonly retryAfterMs?: number;
}

export class CrmError extends FreightError {
  override readonly name = 'CrmError';
  readonly kind: CrmErrorKind;
  readonly status: number | undefined;
  readonly vendorCode: string | undefined;
  readonly vendorMessage: string | undefined;
  readonly faultPaths: readonly string[];

  /** @param message what we were doing; without any value of a record. */
  constructor(message: string, options: CrmErrorOptions) {
    super(message, {
      code: `crm_${options.kind}`,
      retry: retryable.has(options.kind) ? 'retryable' : 'terminal',
      ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs }),
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.kind = options.kind;
    this.status = options.status;
    this.vendorCode = options.vendorCode;
    this.vendorMessage = options.vendorMessage;
    this.faultPaths = options.faultPaths ?? [];
  }
}
