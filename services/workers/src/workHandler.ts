import { ack, type Bus, type Delivery, type Disposition, dead, leave, parseMessage } from '@freight/bus';
import { type OutcomeCounts, objects, type WorkMessage, workMessage } from '@freight/contracts';
import { FencedOutError } from '@freight/kernel';
import { acquireLease, type RedisStore } from '@freight/lease';
import type { Database } from '@freight/postgres';
import type { Logger, Metrics } from '@freight/runtime';
import type { Vault } from '@freight/vault';
import type { Connections } from './connections.ts';
import { type Claim, claimBatch, giveBackBatch, withFence } from './pipeline/claim.ts';
import type { AccountPlaces } from './pipeline/context.ts';
import { giveBackFor } from './pipeline/failure.ts';
import { runBatch } from './pipeline/runBatch.ts';
import { startTenure } from './pipeline/tenure.ts';

export interface WorkOptions {
  readonly db: Database;
  readonly redis: RedisStore;
  readonly vault: Vault;
  readonly bus: Pick<Bus, 'wakeJobs'>;
  readonly connections: Connections;
  readonly accounts: AccountPlaces;
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
  /** Told after each batch, however it ended. */
  readonly onBatch: () => void;
}

/** Which side a batch's calls go to, for the explanation of a failure. */
const sideOf = (claim: Claim): 'source' | 'target' => (claim.kind === 'extract' ? 'source' : 'target');

const giveBack = async (options: WorkOptions, claim: Claim, error: unknown): Promise<void> => {
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
  await withFence(options.db, claim, sql => giveBackBatch(sql, claim, back));
};

/** Works a claimed batch to its end: done, or given back. @throws FencedOutError when it was taken over. */
const work = async (
  options: WorkOptions,
  claim: Claim,
  tenure: ReturnType<typeof startTenure>,
): Promise<OutcomeCounts | undefined> => {
  try {
    return await runBatch({
      db: options.db,
      claim,
      tenure,
      vault: await options.vault.of(claim.tenantId),
      connections: options.connections,
      writesInFlight: options.writesInFlight,
      extractMs: options.extractMs,
      accounts: options.accounts,
      lateEffectMs: options.leaseMarginMs,
    });
  } catch (error) {
    // The reason for the end of the tenure says more than the abort that it led to.
    const cause: unknown = tenure.signal.aborted ? tenure.signal.reason : error;
    if (cause instanceof FencedOutError) throw cause;
    await giveBack(options, claim, cause);
    return undefined;
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
  try {
    const counts = await work(options, claim, tenure);
    ended = 'settled';
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
    options.onBatch();
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
    const lease = await acquireLease(options.redis, message, options.leaseMs);
    if (!lease) return ack;
    try {
      return await handleClaimed(options, delivery, message, lease);
    } finally {
      await lease.release();
    }
  };
