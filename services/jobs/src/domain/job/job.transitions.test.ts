import { describe, expect, it } from 'vitest';
import type { JobCommand } from './commands.ts';
import { jobDecider } from './decider.ts';
import { commands, historyOf, jobAfter } from './job.testkit.ts';
import type { JobState } from './state.ts';

type Status = JobState['status'];
/** The status a command leads to; `same`: accepted, nothing changes; `no`: not possible now; `unknown`: there is no such job. */
type Cell = Status | 'same' | 'no' | 'unknown';

/** The whole machine. Total by type: a new status or command does not compile until every pair has an answer. */
const table: { readonly [C in JobCommand['type']]: { readonly [S in Status]: Cell } } = {
  // biome-ignore format: a table is read as one
  'create-job':     { none: 'created', created: 'no', running: 'no', paused: 'no', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'no' },
  // biome-ignore format: a table is read as one
  'start-job':      { none: 'unknown', created: 'running', running: 'no', paused: 'no', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'pause-job':      { none: 'unknown', created: 'no', running: 'paused', paused: 'same', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'resume-job':     { none: 'unknown', created: 'no', running: 'same', paused: 'running', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'cancel-job':     { none: 'unknown', created: 'cancelled', running: 'cancelling', paused: 'cancelling', cancelling: 'same', cancelled: 'same', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'delete-job':     { none: 'unknown', created: 'deleted', running: 'no', paused: 'no', cancelling: 'no', cancelled: 'deleted', completed: 'deleted', failed: 'deleted', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'record-results': { none: 'unknown', created: 'no', running: 'running', paused: 'paused', cancelling: 'cancelling', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'start-phase':    { none: 'unknown', created: 'no', running: 'running', paused: 'no', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'record-plan':    { none: 'unknown', created: 'no', running: 'running', paused: 'no', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'complete-run':   { none: 'unknown', created: 'no', running: 'completed', paused: 'no', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'fail-run':       { none: 'unknown', created: 'no', running: 'failed', paused: 'no', cancelling: 'no', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
  // biome-ignore format: a table is read as one
  'finish-cancel':  { none: 'unknown', created: 'no', running: 'no', paused: 'no', cancelling: 'cancelled', cancelled: 'no', completed: 'no', failed: 'no', deleted: 'unknown' },
};

const outcomeOf = (type: JobCommand['type'], status: Status): Cell => {
  const state = jobAfter(historyOf[status]);
  const decided = jobDecider.decide(commands[type], state);
  if (!decided.ok) return decided.error.code === 'not_found' ? 'unknown' : 'no';
  if (decided.value.length === 0) return 'same';
  return decided.value.reduce(jobDecider.evolve, state).status;
};

describe('a migration job', () => {
  for (const type of Object.keys(table) as JobCommand['type'][]) {
    it(`answers ${type} in every status as its table says`, () => {
      const statuses = Object.keys(historyOf) as Status[];
      expect(Object.fromEntries(statuses.map(status => [status, outcomeOf(type, status)]))).toEqual(table[type]);
    });
  }
});
