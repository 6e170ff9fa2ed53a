import { type JobEvent, laneOfJob } from '@freight/contracts';
import type { Executed } from '@freight/eventstore';
import type { Database, TenantSql } from '@freight/postgres';
import type { JobCommand } from '../domain/job/commands.ts';
import type { JobState } from '../domain/job/state.ts';
import { jobStore } from '../store.ts';
import { advanceRun } from './advance.ts';
import { type RunTarget, readRunBatches } from './batches.ts';
import { closeBatches, settleDoubtful, skipTheRest, storeWritten } from './cancel.ts';
import { gatherStatistics } from './groups.ts';
import { findExhausted, readLastExtract, takeResults } from './results.ts';

export interface ProcessOptions {
  readonly db: Database;
  readonly recordsPerBatch: number;
  /** Listings of an object at most, when its ids keep changing. */
  readonly passesMax: number;
  /** Lost or failed attempts at a batch before its job pauses itself. */
  readonly attemptsMax: number;
  readonly now: () => Date;
}

export interface JobRef {
  readonly tenantId: string;
  readonly jobId: string;
}

/** Decides for the job service itself: a refusal here is a fault of ours. */
const executor =
  (sql: TenantSql, { tenantId, jobId }: JobRef, now: Date) =>
  async (command: JobCommand): Promise<Executed<JobState, JobEvent>> => {
    const result = await jobStore.execute(sql, {
      tenantId,
      streamId: jobId,
      command,
      expected: 'any',
      metadata: { actor: { kind: 'service', id: 'jobs' } },
      now,
    });
    if (!result.ok) throw new Error(`The job service's own ${command.type} was refused: ${result.error.code}`);
    return result.value;
  };

/** The trace of the request that started the job's latest run. */
const readTraceparent = async (sql: TenantSql, { tenantId, jobId }: JobRef): Promise<string | null> => {
  const [row] = await sql<{ traceparent: string | null }[]>`
    select metadata ->> 'traceparent' as traceparent from job_events
    where tenant_id = ${tenantId} and stream_id = ${jobId} and type = 'job-started' order by version desc limit 1`;
  return row?.traceparent ?? null;
};

/**
 * Ends a cancelled run as far as its workers let it go: claims end or run out first, then what is in doubt is looked at, and the rest is skipped.
 */
const finishCancel = async (
  sql: TenantSql,
  target: RunTarget,
  execute: ReturnType<typeof executor>,
  options: ProcessOptions,
): Promise<void> => {
  const { batchIds, isComplete } = await closeBatches(sql, target, ['prepare', 'extract', 'load']);
  const reports = await storeWritten(sql, target, batchIds);
  if (reports.length > 0) await execute({ type: 'record-results', reports, passesMax: options.passesMax });
  if (!isComplete) return;
  const isHopeless = await findExhausted(sql, target, options.attemptsMax, 'settle');
  const batches = await readRunBatches(sql, target.tenantId, target.runId);
  if (!isHopeless && (await settleDoubtful(sql, target, batches))) return;
  const settling = await closeBatches(sql, target, ['settle']);
  if (settling.isComplete) await execute({ type: 'finish-cancel', skipped: await skipTheRest(sql, target) });
};

/** What a step leaves to be done. */
type Stepped = 'done' | 'wants_statistics';

/** One step of a job, in one transaction with the job's stream locked, so that two job services never plan the same job at once. */
const stepJob = (ref: JobRef, options: ProcessOptions, hasStatistics: boolean): Promise<Stepped> =>
  options.db.withTenant(ref.tenantId, async sql => {
    const { tenantId, jobId } = ref;
    const [locked] = await sql<{ version: number }[]>`
      select version from job_streams where tenant_id = ${tenantId} and stream_id = ${jobId} for update`;
    if (!locked) return 'done';
    const execute = executor(sql, ref, options.now());
    let { state } = await jobStore.load(sql, jobId);
    if (state.status !== 'running' && state.status !== 'paused' && state.status !== 'cancelling') return 'done';

    const reports = await takeResults(sql, tenantId, jobId);
    if (reports.length > 0) {
      ({ state } = await execute({ type: 'record-results', reports, passesMax: options.passesMax }));
    }
    if (state.status !== 'running' && state.status !== 'cancelling') return 'done';

    const { run, agreement } = state;
    const traceparent = await readTraceparent(sql, ref);
    const lane = laneOfJob(tenantId, agreement.config.lane);
    const target: RunTarget = { tenantId, jobId, runId: run.runId, lane, traceparent };
    if (state.status === 'cancelling') {
      await finishCancel(sql, target, execute, options);
      return 'done';
    }
    const exhausted = await findExhausted(sql, target, options.attemptsMax);
    if (exhausted) {
      await execute({ type: 'pause-job', ...exhausted });
      return 'done';
    }
    return advanceRun(run, {
      sql,
      target,
      batches: await readRunBatches(sql, tenantId, run.runId),
      recordsPerBatch: options.recordsPerBatch,
      hasStatistics,
      lastExtract: (object, pass) => readLastExtract(sql, target, object, pass),
      execute,
    });
  });

/**
 * Folds the results that wait, then does whatever the job needs next: new batches, the next phase, a pause that explains itself, the end.
 * Statistics are gathered in a transaction of their own: gathering locks the tables against another's until the commit, and a plan takes long.
 */
export const processJob = async (ref: JobRef, options: ProcessOptions): Promise<void> => {
  if ((await stepJob(ref, options, false)) === 'done') return;
  await options.db.withTenant(ref.tenantId, gatherStatistics);
  await stepJob(ref, options, true);
};
