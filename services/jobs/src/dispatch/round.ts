import type { Bus } from '@freight/bus';
import type { Database } from '@freight/postgres';
import { type JobRef, type ProcessOptions, processJob } from '../planning/processJob.ts';
import {
  markIssued,
  putBack,
  readJobsToProcess,
  readLost,
  readShares,
  type TenantShare,
  type WaitingBatch,
} from './queries.ts';

export interface RoundOptions extends ProcessOptions {
  readonly bus: Pick<Bus, 'publishWork'>;
  /** After this time without a claim a batch is issued again, milliseconds. */
  readonly reissueAfterMs: number;
  /** Batches of one job out at once, at most. */
  readonly batchesPerJobMax: number;
  readonly onError: (error: unknown, what: string) => void;
}

const groupByTenant = <T extends { readonly tenantId: string }>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.tenantId);
    if (group) group.push(item);
    else groups.set(item.tenantId, [item]);
  }
  return groups;
};

/** Puts back what lost workers held and what lost messages asked for. */
const recover = async (db: Database, reissueAfterMs: number): Promise<void> => {
  for (const [tenantId, lost] of groupByTenant(await readLost(db, reissueAfterMs))) {
    await putBack(
      db,
      tenantId,
      lost.map(one => one.batchId),
      reissueAfterMs,
    );
  }
};

/** One batch of each tenant in turn, then the next one of each, until the slots are full: nobody waits behind another's queue. */
export const inTurns = (shares: readonly TenantShare[]): readonly WaitingBatch[] => {
  const order: WaitingBatch[] = [];
  const longest = Math.max(0, ...shares.map(share => Math.min(share.slotsFree, share.waiting.length)));
  for (let turn = 0; turn < longest; turn++) {
    for (const share of shares) {
      const batch = turn < share.slotsFree ? share.waiting[turn] : undefined;
      if (batch) order.push(batch);
    }
  }
  return order;
};

/** Marks the batches issued in Postgres, then sends their messages in turns. A message that is not sent is sent again later. */
const issue = async (options: RoundOptions, order: readonly WaitingBatch[]): Promise<number> => {
  const issues = new Map<string, number>();
  for (const [tenantId, batches] of groupByTenant(order)) {
    for (const [id, number] of await markIssued(
      options.db,
      tenantId,
      batches.map(one => one.batchId),
    ))
      issues.set(id, number);
  }
  for (const { tenantId, jobId, batchId, kind, lane, traceparent } of order) {
    const number = issues.get(batchId);
    if (number !== undefined)
      await options.bus.publishWork(lane, { tenantId, jobId, batchId, kind, issue: number }, traceparent);
  }
  return issues.size;
};

const tryStep = async (what: string, onError: RoundOptions['onError'], step: () => Promise<unknown>): Promise<void> => {
  try {
    await step();
  } catch (error) {
    onError(error, what);
  }
};

/**
 * One round of the dispatcher: recover what was lost, take every job that needs it a step further, issue what waits.
 * A job or tenant whose step fails does not keep the others from theirs.
 */
export const runRound = async (options: RoundOptions): Promise<void> => {
  const { db, onError } = options;
  await tryStep('recover', onError, () => recover(db, options.reissueAfterMs));
  let jobs: readonly JobRef[] = [];
  await tryStep('find jobs', onError, async () => {
    jobs = await readJobsToProcess(db, options.attemptsMax);
  });
  for (const job of jobs) await tryStep('process job', onError, () => processJob(job, options));
  await tryStep('issue', onError, async () => {
    const shares = await readShares(db, { perTenant: 64, perJob: options.batchesPerJobMax });
    await issue(options, inTurns(shares));
  });
};
