import { type JobView, jobView, outcomes } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import { InterruptedError, UserError } from '../errors.ts';
import type { FreightApi } from './freightApi.ts';

const pollMs = 300;

/** Records that have been read and records that have an outcome, over all objects. */
export const countsOf = (job: JobView): { readonly read: number; readonly done: number } => {
  let read = 0;
  let done = 0;
  for (const progress of Object.values(job.objects)) {
    read += progress.read;
    for (const outcome of outcomes) done += progress[outcome];
  }
  return { read, done };
};

/** A gateway that fell over is started again meanwhile; longer than this and something is wrong. Milliseconds. */
const patienceMs = 30_000;

/** The job as it is now; while nobody answers, tries again. @throws UserError when nobody does for too long. */
const readPatiently = async (api: FreightApi, jobId: string, signal: AbortSignal | undefined): Promise<JobView> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await api.get(`/v1/jobs/${jobId}`, jobView);
    } catch (error) {
      const mayPass = error instanceof UserError && error.retry === 'retryable';
      if (!mayPass || signal?.aborted || performance.now() > deadline) throw error;
    }
    await sleep(pollMs, signal);
  }
};

const ended: ReadonlySet<JobView['status']> = new Set(['completed', 'failed', 'cancelled']);

/**
 * Waits until the job has ended, showing each state that is seen.
 * @throws UserError when the job pauses itself: nobody is there to resume it. @throws InterruptedError when the signal comes.
 */
export const watchJob = async (
  api: FreightApi,
  jobId: string,
  onSeen: (job: JobView) => void,
  signal?: AbortSignal,
): Promise<JobView> => {
  for (;;) {
    if (signal?.aborted) throw new InterruptedError();
    const job = await readPatiently(api, jobId, signal);
    onSeen(job);
    if (ended.has(job.status)) return job;
    if (job.status === 'paused') {
      throw new UserError(`The job paused itself: ${job.statusReason?.code ?? ''} ${job.statusReason?.detail ?? ''}`);
    }
    await sleep(pollMs, signal);
  }
};
