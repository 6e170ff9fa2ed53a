/** A worker's hands for one batch, without broker and process around them: for tests only. */
import type { WorkMessage } from '@freight/contracts';
import type { RedisStore } from '@freight/lease';
import type { Database } from '@freight/postgres';
import type { Vault } from '@freight/vault';
import { type AccountRates, type Connections, createConnections } from '../connections.ts';
import { createAgreements } from './agreement.ts';
import { type Claim, claimBatch } from './claim.ts';
import { type BatchContext, createAccountPlaces } from './context.ts';
import { startTenure, type Tenure } from './tenure.ts';

export interface TestWorker {
  readonly db: Database;
  readonly connections: Connections;
  /** Claims the batch of a message. @throws when it cannot be claimed. */
  take(message: WorkMessage, leaseMs?: number): Promise<TestBatch>;
}

export interface TestBatch {
  readonly context: BatchContext;
  readonly claim: Claim;
  readonly tenure: Tenure;
  /** Ends the worker's time with the batch at once, as a lost process does: nothing is given back. */
  lose(): void;
}

const unlimited: AccountRates = { read: undefined, write: undefined };
const noLease = { renew: () => Promise.resolve(true), release: () => Promise.resolve() };

export const createTestWorker = (options: {
  readonly db: Database;
  readonly vault: Vault;
  readonly allowedHost: string;
  readonly redis?: RedisStore;
  readonly attio?: AccountRates;
}): TestWorker => {
  const { db, vault } = options;
  const away = () => Promise.reject(new Error('no Redis here'));
  const connections = createConnections({
    db,
    redis: options.redis ?? { run: away, ping: away, isReady: () => false, close: () => Promise.resolve() },
    vault,
    allowedHosts: [options.allowedHost],
    rates: { affinity: unlimited, attio: options.attio ?? unlimited },
    waitMaxMs: 2000,
    callTimeoutMs: 5000,
    onCall: () => {},
  });
  const accounts = createAccountPlaces();
  const agreements = createAgreements();
  return {
    db,
    connections,
    take: async (message, leaseMs = 10_000) => {
      const claimedAtMs = performance.now();
      const claim = await claimBatch(db, message, { worker: 'test', leaseMs });
      if (!claim) throw new Error('The batch could not be claimed');
      const stop = new AbortController();
      const tenure = startTenure({
        db,
        claim,
        lease: noLease,
        claimedAtMs,
        leaseMs,
        marginMs: Math.min(3000, leaseMs / 3),
        progress: () => {},
        giveBackSignal: stop.signal,
      });
      const tenantVault = await vault.of(claim.tenantId);
      return {
        claim,
        tenure,
        context: {
          db,
          claim,
          tenure,
          vault: tenantVault,
          connections,
          agreement: () => agreements({ db, claim, tenure, vault: tenantVault, connections }),
          writesInFlight: 8,
          extractMs: 2000,
          accounts,
          patienceMs: 1000,
          lateEffectMs: 0,
        },
        lose: () => tenure.end(),
      };
    },
  };
};
