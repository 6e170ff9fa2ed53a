import type { JobEvent } from '@freight/contracts';
import { emptyProgress, foldProgress } from './progress.ts';
import type { Agreement, Extraction, JobState, Run } from './state.ts';

type EventOf<T extends JobEvent['type']> = Extract<JobEvent, { type: T }>;

const firstPass: Extraction = { pass: 1, addedInPass: 0, complete: false };

const foldBatch = (run: Run, event: EventOf<'batch-completed'>): Run => {
  const { kind, object, staged } = event.data;
  const progress = foldProgress(run.progress, event);
  switch (kind) {
    case 'prepare':
      return { ...run, prepared: true };
    case 'settle':
      return object === null ? run : { ...run, progress, settled: [...run.settled, object] };
    case 'extract': {
      if (object === null) return run;
      const before = run.extraction[object] ?? firstPass;
      const extraction = { ...run.extraction, [object]: { ...before, addedInPass: before.addedInPass + staged } };
      return { ...run, progress, extraction };
    }
    case 'load': {
      if (object === null) return run;
      const before = run.loading[object] ?? { batches: 0, completed: 0 };
      return {
        ...run,
        progress,
        loading: { ...run.loading, [object]: { ...before, completed: before.completed + 1 } },
      };
    }
  }
};

const foldPass = (run: Run, event: EventOf<'extraction-pass-completed'>): Run => {
  const { object, pass, last } = event.data;
  const next: Extraction = { pass: last ? pass : pass + 1, addedInPass: 0, complete: last };
  return { ...run, progress: foldProgress(run.progress, event), extraction: { ...run.extraction, [object]: next } };
};

/** Events that change the run and nothing else. */
const evolveRun = (run: Run, event: JobEvent): Run => {
  switch (event.type) {
    case 'phase-started':
      return { ...run, phase: event.data.phase };
    case 'batch-completed':
      return foldBatch(run, event);
    case 'extraction-pass-completed':
      return foldPass(run, event);
    case 'object-planned':
      return {
        ...run,
        loading: { ...run.loading, [event.data.object]: { batches: event.data.batches, completed: 0 } },
      };
    default:
      return run;
  }
};

const startedRun = (agreement: Agreement, runId: string): Run => ({
  runId,
  phase: 'prepare',
  prepared: false,
  settled: [],
  extraction: Object.fromEntries(agreement.config.objects.map(object => [object, firstPass])),
  loading: {},
  progress: emptyProgress(agreement.config.objects),
});

/** What an event means. Total: an event that does not fit the state changes nothing. */
export const evolve = (state: JobState, event: JobEvent): JobState => {
  if (event.type === 'job-created') {
    return state.status === 'none' ? { status: 'created', agreement: event.data } : state;
  }
  if (state.status === 'none' || state.status === 'deleted') return state;
  const { agreement } = state;
  const run = 'run' in state ? state.run : null;
  if (event.type === 'job-deleted') return { status: 'deleted' };
  if (event.type === 'job-started')
    return { status: 'running', agreement, run: startedRun(agreement, event.data.runId) };
  if (event.type === 'job-cancelled') {
    return { status: 'cancelled', agreement, run: run && { ...run, progress: foldProgress(run.progress, event) } };
  }
  if (!run || state.status === 'created') return state;
  switch (event.type) {
    case 'job-paused':
      return { status: 'paused', agreement, run, reason: event.data.reason };
    case 'job-resumed':
      return { status: 'running', agreement, run };
    case 'job-cancelling':
      return { status: 'cancelling', agreement, run };
    case 'job-completed':
      return { status: 'completed', agreement, run };
    case 'job-failed':
      return { status: 'failed', agreement, run };
    case 'phase-started':
    case 'batch-completed':
    case 'extraction-pass-completed':
    case 'object-planned':
      return { ...state, run: evolveRun(run, event) };
    default:
      // An event of a later version, read by this one while both run: what it means is not known here, so it changes nothing.
      return state;
  }
};
