import type { Bus } from '@freight/bus';
import { createLimit, sleep } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import type { JobRef, ProcessOptions } from '../planning/processJob.ts';
import {
  markIssued,
  putBack,
  readJobsToProcess,
  readLost,
  readShares,
  type TenantShare,
  takeBack,
  type WaitingBatch,
} from './queries.ts';

/** Jobs planned side by side; each holds a connection. A guess. */
const stepsAtOnce = 4;
/** How long a round waits for its jobs' steps: nearly all take milliseconds. */
const stepWaitMs = 500;

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

/** What could not be sent goes back to wait, so that a broker that is away for a moment costs no more than that. */
const takeBackAll = async (
  db: Database,
  unsent: readonly (WaitingBatch & { readonly issue: number })[],
): Promise<void> => {
  for (const [tenantId, batches] of groupByTenant(unsent)) {
    await takeBack(db, tenantId, new Map(batches.map(one => [one.batchId, one.issue])));
  }
};

/** Marks the batches issued in Postgres, then sends their messages in turns. */
const issue = async (options: RoundOptions, order: readonly WaitingBatch[]): Promise<void> => {
  const issues = new Map<string, number>();
  for (const [tenantId, batches] of groupByTenant(order)) {
    const ids = batches.map(one => one.batchId);
    for (const [id, number] of await markIssued(options.db, tenantId, ids)) issues.set(id, number);
  }
  const marked = order.flatMap(batch => {
    const number = issues.get(batch.batchId);
    return number === undefined ? [] : [{ ...batch, issue: number }];
  });
  let sent = 0;
  try {
    for (const { tenantId, jobId, batchId, kind, lane, traceparent, issue: number } of marked) {
      await options.bus.publishWork(lane, { tenantId, jobId, batchId, kind, issue: number }, traceparent);
      sent++;
    }
  } finally {
    await takeBackAll(options.db, marked.slice(sent));
  }
};

const tryStep = async (what: string, onError: RoundOptions['onError'], step: () => Promise<unknown>): Promise<void> => {
  try {
    await step();
  } catch (error) {
    onError(error, what);
  }
};

/** Jobs that are being taken a step further, some for longer than a round. */
export interface Steps {
  /** Begins with those that are not under way already, and waits until they are done, but no longer than `withinMs`. */
  take(jobs: readonly JobRef[], withinMs: number): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Planning a million records takes minutes: it goes on beside the rounds, so that other tenants' work is issued meanwhile. */
export const createSteps = (options: Pick<RoundOptions, 'onError'>, step: (job: JobRef) => Promise<void>): Steps => {
  const limit = createLimit(stepsAtOnce);
  const underWay = new Map<string, Promise<void>>();
  const begin = ({ tenantId, jobId }: JobRef): Promise<void> => {
    const done = limit(() => tryStep('process job', options.onError, () => step({ tenantId, jobId })));
    const begun = done.finally(() => underWay.delete(jobId));
    underWay.set(jobId, begun);
    return begun;
  };
  return {
    take: async (jobs, withinMs) => {
      const begun = jobs.filter(job => !underWay.has(job.jobId)).map(begin);
      const enough = new AbortController();
      await Promise.race([Promise.all(begun), sleep(withinMs, enough.signal)]);
      enough.abort();
    },
    idle: async () => {
      await Promise.all(underWay.values());
    },
  };
};

/**
 * One round of the dispatcher: recover what was lost, take every job that needs it a step further, issue what waits.
 * A job or tenant whose step fails or takes long does not keep the others from theirs.
 */
export const runRound = async (options: RoundOptions, steps: Steps): Promise<void> => {
  const { db, onError } = options;
  await tryStep('recover', onError, () => recover(db, options.reissueAfterMs));
  await tryStep('find jobs', onError, async () => {
    await steps.take(await readJobsToProcess(db, options.attemptsMax), stepWaitMs);
  });
  await tryStep('issue', onError, async () => {
    const shares = await readShares(db, { perTenant: 64, perJob: options.batchesPerJobMax });
    await issue(options, inTurns(shares));
  });
};
