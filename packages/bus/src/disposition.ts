/** What becomes of a delivered message. */
export type Disposition =
  /** Done, or nothing to do: the message goes. */
  | { readonly kind: 'ack' }
  /** Not now: delivered again after the delay. */
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** Never: kept in the dead-letter stream with a reason, and goes from its own. */
  | { readonly kind: 'dead'; readonly reason: DeadReason; readonly detail: string }
  /** Somebody else holds the work by now: a late answer could settle the newer delivery, so there is none. */
  | { readonly kind: 'leave' };

/** Why a message is dead. */
export type DeadReason =
  | 'not_json'
  | 'schema_mismatch'
  | 'unknown_type'
  | 'subject_mismatch'
  | 'deliveries_exhausted'
  | 'handler_failed'
  | 'refused';

export const ack: Disposition = { kind: 'ack' };
export const leave: Disposition = { kind: 'leave' };
export const retryIn = (delayMs: number): Disposition => ({ kind: 'retry', delayMs });
export const dead = (reason: DeadReason, detail: string): Disposition => ({ kind: 'dead', reason, detail });
