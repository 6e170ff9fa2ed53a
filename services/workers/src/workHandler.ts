import { ack, type Bus, type Delivery, type Disposition, dead, leave, parseMessage } from '@freight/bus';
import { type OutcomeCounts, objects, type WorkMessage, workMessage } from '@freight/contracts';
import { FencedOutError } from '@freight/kernel';
import { acquireLease, type RedisStore } from '@freight/lease';
import type { Database } from '@freight/postgres';
import type { Logger, Metrics } from '@freight/runtime';
import type { Vault } from '@freight/vault';
import type { Connections } from './connections.ts';
import type { Agreements } from './pipeline/agreement.ts';
import { type Claim, claimBatch, giveBackBatch, withFence } from './pipeline/claim.ts';
import type { AccountPlaces } from './pipeline/context.ts';
import { giveBackFor } from './pipeline/failure.ts';
import { runBatch } from './pipeline/runBatch.ts';
import { startTenure } from './pipeline/tenure.ts';
import { throughOutage } from './pipeline/throughOutage.ts';

export interface WorkOptions {
  readonly db: Database;
  readonly redis: RedisStore;
  readonly vault: Vault;
  readonly bus: Pick<Bus, 'wakeJobs'>;
  readonly connections: Connections;
  readonly accounts: AccountPlaces;
  readonly agreements: Agreements;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Names this process in the claim, for people; nothing hangs on it. */
  readonly worker: string;
  readonly leaseMs: number;
  readonly leaseMarginMs: number;
  readonly writesInFlight: number;
  readonly extractMs: number;
  /** Aborts when work at hand is to be given back at once. */
  readonly giveBackSignal: AbortSignal;
  /** Told after each batch that was worked on, however it ended; one that only came and went is none. */
  readonly onBatch: () => void;
}

/** Which side a batch's calls go to, for the explanation of a failure. */
const sideOf = (claim: Claim): 'source' | 'target' => (claim.kind === 'extract' ? 'source' : 'target');

/** How work at a claimed batch ended. */
interface Worked {
  /** False for a batch that could not be begun, or not be finished, for nobody's fault. */
  readonly wasTried: boolean;
  readonly counts: OutcomeCounts | undefined;
}

const giveBack = async (options: WorkOptions, claim: Claim, error: unknown): Promise<Worked> => {
  const back = giveBackFor(error, claim.attempts, sideOf(claim));
  const facts = {
    tenantId: claim.tenantId,
    jobId: claim.jobId,
    batchId: claim.batchId,
    kind: claim.kind,
    delayMs: back.delayMs,
  };
  if (back.attempt === 'free') options.logger.debug(facts, 'batch given back');
  else options.logger.warn({ ...facts, attempts: claim.attempts + 1, err: error }, 'an attempt at a batch failed');
  await throughOutage(options.leaseMs, () => withFence(options.db, claim, sql => giveBackBatch(sql, claim, back)));
  return { wasTried: back.attempt !== 'free', counts: undefined };
};

/** Works a claimed batch to its end: done, or given back. @throws FencedOutError when it was taken over. */
const work = async (options: WorkOptions, claim: Claim, tenure: ReturnType<typeof startTenure>): Promise<Worked> => {
  try {
    const { db, connections } = options;
    const vault = await options.vault.of(claim.tenantId);
    const counts = await runBatch({
      db,
      claim,
      tenure,
      vault,
      connections,
      agreement: () => options.agreements({ db, claim, tenure, vault, connections }),
      writesInFlight: options.writesInFlight,
      extractMs: options.extractMs,
      accounts: options.accounts,
      patienceMs: options.leaseMs,
      lateEffectMs: options.leaseMarginMs,
    });
    return { wasTried: true, counts };
  } catch (error) {
    // The reason for the end of the tenure says more than the abort that it led to.
    const cause: unknown = tenure.signal.aborted ? tenure.signal.reason : error;
    if (cause instanceof FencedOutError) throw cause;
    return giveBack(options, claim, cause);
  }
};

const count = (metrics: Metrics, object: unknown, counts: OutcomeCounts): void => {
  const name = objects.find(one => one === object) ?? 'none';
  for (const [outcome, number] of Object.entries(counts)) {
    if (number > 0) metrics.records.inc({ object: name, outcome }, number);
  }
};

const handleClaimed = async (
  options: WorkOptions,
  delivery: Delivery,
  message: WorkMessage,
  lease: NonNullable<Awaited<ReturnType<typeof acquireLease>>>,
): Promise<Disposition> => {
  const claimedAtMs = performance.now();
  const claim = await claimBatch(options.db, message, options);
  // Held, finished, re-issued or its job stands still: the dispatcher issues again what needs it.
  if (!claim) return ack;
  const tenure = startTenure({
    db: options.db,
    claim,
    lease,
    claimedAtMs,
    leaseMs: options.leaseMs,
    marginMs: options.leaseMarginMs,
    progress: delivery.progress,
    giveBackSignal: options.giveBackSignal,
  });
  const stopTimer = options.metrics.batchSeconds.startTimer({ kind: claim.kind });
  let ended = 'error';
  let wasTried = true;
  try {
    const worked = await work(options, claim, tenure);
    ended = 'settled';
    wasTried = worked.wasTried;
    const { counts } = worked;
    if (counts) count(options.metrics, (claim.payload as { object?: unknown }).object, counts);
    options.bus.wakeJobs({ tenantId: claim.tenantId, jobId: claim.jobId, batchId: claim.batchId });
    return ack;
  } catch (error) {
    if (!(error instanceof FencedOutError)) throw error;
    ended = 'fenced_out';
    options.logger.warn({ tenantId: claim.tenantId, batchId: claim.batchId }, 'the batch was taken over');
    return leave;
  } finally {
    stopTimer({ result: ended });
    tenure.end();
    if (wasTried) options.onBatch();
  }
};

/**
 * Handles one work message: lease (cheap, in Redis), claim (certain, in Postgres), work, result. The message is acknowledged only after
 * the outcome is committed; a message that is no work of ours is dead.
 */
export const createWorkHandler =
  (options: WorkOptions) =>
  async (delivery: Delivery): Promise<Disposition> => {
    const parsed = parseMessage(delivery.data, workMessage);
    if (!parsed.ok) return parsed.error;
    const message = parsed.value;
    const [, , , tenantId, kind] = delivery.subject.split('.');
    if (tenantId !== message.tenantId || kind !== message.kind) {
      return dead('subject_mismatch', 'the message names another tenant or kind than its subject');
    }
    // It ends before the claim does: a batch that the dispatcher issues again finds no lease of a lost worker.
    const lease = await acquireLease(options.redis, message, options.leaseMs - options.leaseMarginMs);
    if (!lease) return ack;
    try {
      return await handleClaimed(options, delivery, message, lease);
    } finally {
      await lease.release();
    }
  };
