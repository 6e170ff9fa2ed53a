import type { Database } from '@freight/postgres';
import type { TenantVault } from '@freight/vault';
import type { Connections } from '../connections.ts';
import type { RunAgreement } from './agreement.ts';
import type { Claim } from './claim.ts';
import type { Tenure } from './tenure.ts';

/** What working on one batch has at hand. */
export interface BatchContext {
  readonly db: Database;
  readonly claim: Claim;
  readonly tenure: Tenure;
  readonly vault: TenantVault;
  readonly connections: Connections;
  /** At most so many writes of the batch under way at once. */
  readonly writesInFlight: number;
  /** How long an extraction reads before it reports, milliseconds. */
  readonly extractMs: number;
  readonly accounts: AccountPlaces;
  /** What the batch's run moves by. @throws CrmError where it is settled now, and a system does not answer. */
  readonly agreement: () => Promise<RunAgreement>;
  /** How long results are tried to be stored while Postgres is away, milliseconds. */
  readonly patienceMs: number;
  /** How long after it was given up a request may still take effect, milliseconds: the stated bound of the second promise. */
  readonly lateEffectMs: number;
}

/** The right to write to an account, while a batch needs it. */
export interface AccountPlace {
  /** Says how much of the batch is done, so that whoever waits knows how long it may take. */
  progress(done: number): void;
  leave(): void;
}

/**
 * Places at accounts with a limit: one batch of a worker writes to such an account at a time. Another one would only wait for tokens, and
 * waiting holds no slot: it is given back.
 */
export interface AccountPlaces {
  /** @returns the place, or how long it will probably be taken, milliseconds. */
  tryEnter(account: string, total: number): AccountPlace | { readonly takenForMs: number };
}

/** Bounds of what is told to who waits: a first guess, a little early rather than late, and never so long that a guess gone wrong costs much. */
const guess = { firstMs: 1000, earlyMs: 200, leastMs: 200, mostMs: 5000 } as const;

export const createAccountPlaces = (): AccountPlaces => {
  const taken = new Map<string, { readonly since: number; readonly total: number; done: number }>();
  return {
    tryEnter: (account, total) => {
      const holder = taken.get(account);
      if (holder) {
        const spent = performance.now() - holder.since;
        const left = holder.done === 0 ? guess.firstMs : (spent / holder.done) * (holder.total - holder.done);
        return { takenForMs: Math.min(guess.mostMs, Math.max(guess.leastMs, left - guess.earlyMs)) };
      }
      const own = { since: performance.now(), total, done: 0 };
      taken.set(account, own);
      return {
        progress: done => {
          own.done = done;
        },
        leave: () => taken.delete(account),
      };
    },
  };
};
