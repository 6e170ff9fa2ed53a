import type { Database } from '@freight/postgres';
import type { TenantVault } from '@freight/vault';
import type { Connections } from '../connections.ts';
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
  /** How long after it was given up a request may still take effect, milliseconds: the stated bound of the second promise. */
  readonly lateEffectMs: number;
}

/**
 * Places at accounts with a limit: one batch of a worker writes to such an account at a time. Another one would only wait for tokens, and
 * waiting holds no slot: it is given back.
 */
export interface AccountPlaces {
  /** @returns undefined when the place is taken. */
  tryEnter(account: string): (() => void) | undefined;
}

export const createAccountPlaces = (): AccountPlaces => {
  const taken = new Set<string>();
  return {
    tryEnter: account => {
      if (taken.has(account)) return undefined;
      taken.add(account);
      return () => taken.delete(account);
    },
  };
};
