import type { JobEvent } from '@freight/contracts';
import type { Decider } from '@freight/kernel';
import type { JobCommand, JobRejection } from './commands.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { initialState, type JobState } from './state.ts';

/** The whole of what a migration job is. Its specification is docs/spec/job.md. */
export const jobDecider: Decider<JobState, JobCommand, JobEvent, JobRejection> = { initialState, decide, evolve };
