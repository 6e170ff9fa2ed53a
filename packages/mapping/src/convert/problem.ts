/** What could not be kept of a value, as a stable code. The record moves all the same. */
export type ValueProblemCode =
  | 'invalid_email'
  | 'invalid_domain'
  | 'invalid_phone'
  | 'invalid_date'
  | 'unknown_country'
  | 'unmapped_user'
  | 'out_of_scope_reference'
  | 'rounded'
  | 'currency_mismatch'
  | 'values_dropped'
  | 'too_long';

export interface ValueProblem {
  readonly code: ValueProblemCode;
  /** The source field. */
  readonly field: string;
  /** The value as text: may be personal, so that it is sealed wherever it is kept. */
  readonly value: string;
}
