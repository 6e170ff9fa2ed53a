import { FencedOutError, FreightError } from '@freight/kernel';
import type { Lease } from '@freight/lease';
import type { Database } from '@freight/postgres';
import { type Claim, renewClaim } from './claim.ts';

/** The time for which a worker may act for a batch. */
export interface Tenure {
  /** Aborts when the time is over, the batch was taken over, or the worker is to stop at once. */
  readonly signal: AbortSignal;
  /** Throws unless something may still be sent. Called right before each call to a vendor: a timer may be late, this is not. */
  readonly guard: () => void;
  end(): void;
}

export interface TenureOptions {
  readonly db: Database;
  readonly claim: Claim;
  readonly lease: Lease;
  /** Taken on this process' monotonic clock before the claim was sent, so that it never lies behind the database's start. Milliseconds. */
  readonly claimedAtMs: number;
  readonly leaseMs: number;
  /** How long before the claim's end nothing is sent any more. */
  readonly marginMs: number;
  /** Says to the broker that the message is still being worked on. */
  readonly progress: () => void;
  /** Aborts when the worker must give its work back at once. */
  readonly giveBackSignal: AbortSignal;
}

/**
 * Renews claim, lease and message while a batch is worked on. States: holding → (a renewal in time) holding; → (deadline passed, fenced
 * out, worker stops) over. The deadline is earlier than the claim's end and on the monotonic clock, so whoever takes over finds all
 * that this worker sent either done or never to come.
 */
export const startTenure = (options: TenureOptions): Tenure => {
  const over = new AbortController();
  let deadline = 0;
  let timer: NodeJS.Timeout | undefined;
  let expiry: NodeJS.Timeout | undefined;
  let ended = false;

  const stop = (reason: Error) => over.abort(reason);
  const onGiveBack = () =>
    stop(new FreightError('The worker is stopping', { code: 'worker_stopping', retry: 'retryable' }));
  if (options.giveBackSignal.aborted) onGiveBack();
  options.giveBackSignal.addEventListener('abort', onGiveBack, { once: true });

  const expired = () => new FencedOutError('The claim ran out before it was renewed');
  /** A timer of its own: a renewal may hang for as long as Postgres does. */
  const holdFrom = (startedAtMs: number): void => {
    if (ended) return;
    deadline = startedAtMs + options.leaseMs - options.marginMs;
    clearTimeout(expiry);
    expiry = setTimeout(() => stop(expired()), deadline - performance.now());
  };
  holdFrom(options.claimedAtMs);

  const renew = async (): Promise<void> => {
    const startedAt = performance.now();
    try {
      if (!(await renewClaim(options.db, options.claim, options.leaseMs))) {
        stop(new FencedOutError('The batch was taken over'));
        return;
      }
      holdFrom(startedAt);
      options.progress();
      await options.lease.renew();
    } catch {
      // Postgres did not answer: the next beat tries again, and the deadline stands.
    }
  };

  const beat = () => {
    if (ended || over.signal.aborted) return;
    void renew().finally(() => {
      if (!ended) timer = setTimeout(beat, options.leaseMs / 4);
    });
  };
  timer = setTimeout(beat, options.leaseMs / 4);

  return {
    signal: over.signal,
    guard: () => {
      over.signal.throwIfAborted();
      if (performance.now() >= deadline) {
        stop(expired());
        over.signal.throwIfAborted();
      }
    },
    end: () => {
      ended = true;
      clearTimeout(timer);
      clearTimeout(expiry);
      options.giveBackSignal.removeEventListener('abort', onGiveBack);
    },
  };
};
