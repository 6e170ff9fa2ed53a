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
    const job = await api.get(`/v1/jobs/${jobId}`, jobView);
    onSeen(job);
    if (ended.has(job.status)) return job;
    if (job.status === 'paused') {
      throw new UserError(`The job paused itself: ${job.statusReason?.code ?? ''} ${job.statusReason?.detail ?? ''}`);
    }
    await sleep(pollMs, signal);
  }
};
