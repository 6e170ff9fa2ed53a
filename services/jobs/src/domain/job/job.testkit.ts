/** Jobs in every status, made by their own events, and a command of every kind: for tests only. */
import { type JobEvent, jobConfig } from '@freight/contracts';
import { fold } from '@freight/kernel';
import type { JobCommand } from './commands.ts';
import { jobDecider } from './decider.ts';
import { noOutcomes } from './progress.ts';
import type { Agreement, JobState } from './state.ts';

export const runId = '0192f0a4-7c1e-7c35-9b0a-000000000001';
export const batchId = '0192f0a4-7c1e-7c35-9b0a-000000000002';

const agreement: Agreement = {
  name: 'Move',
  sourceConnectionId: '0192f0a4-7c1e-7c35-9b0a-00000000000a',
  targetConnectionId: '0192f0a4-7c1e-7c35-9b0a-00000000000b',
  sourceSystem: 'affinity',
  targetSystem: 'attio',
  config: jobConfig.parse({}),
};

const created: JobEvent = { type: 'job-created', data: agreement };
const started: readonly JobEvent[] = [
  created,
  { type: 'job-started', data: { runId, kind: 'full', startedBy: 'somebody' } },
  { type: 'phase-started', data: { runId, phase: 'prepare' } },
];
const paused: JobEvent = { type: 'job-paused', data: { runId, reason: 'requested', detail: '' } };
const cancelling: JobEvent = { type: 'job-cancelling', data: { runId } };

/** The events that lead to each status. */
export const historyOf: { readonly [S in JobState['status']]: readonly JobEvent[] } = {
  none: [],
  created: [created],
  running: started,
  paused: [...started, paused],
  cancelling: [...started, cancelling],
  cancelled: [...started, cancelling, { type: 'job-cancelled', data: { runId, skipped: { persons: 2 } } }],
  completed: [...started, { type: 'job-completed', data: { runId } }],
  failed: [...started, { type: 'job-failed', data: { runId, reason: 'outcomes_incomplete', detail: '' } }],
  deleted: [created, { type: 'job-deleted', data: {} }],
};

/** A job as its history leaves it. */
export const jobAfter = (events: readonly JobEvent[]): JobState => fold(jobDecider, jobDecider.initialState, events);

/** One command of each kind. */
export const commands: { readonly [T in JobCommand['type']]: Extract<JobCommand, { type: T }> } = {
  'create-job': { type: 'create-job', agreement },
  'start-job': { type: 'start-job', runId, startedBy: 'somebody' },
  'pause-job': { type: 'pause-job', reason: 'requested', detail: '' },
  'resume-job': { type: 'resume-job' },
  'cancel-job': { type: 'cancel-job' },
  'delete-job': { type: 'delete-job' },
  'record-results': {
    type: 'record-results',
    passesMax: 5,
    reports: [
      { batchId, kind: 'load', object: 'persons', staged: 0, counts: { ...noOutcomes, created: 3 }, extraction: null },
    ],
  },
  'start-phase': { type: 'start-phase', phase: 'extract' },
  'record-plan': { type: 'record-plan', object: 'persons', records: 3, groups: 3, batches: 1 },
  'complete-run': { type: 'complete-run' },
  'fail-run': { type: 'fail-run', reason: 'outcomes_incomplete', detail: '' },
  'finish-cancel': { type: 'finish-cancel', skipped: { persons: 2 } },
};
