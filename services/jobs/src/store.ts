import type { JobEvent } from '@freight/contracts';
import { createStore, type Projection } from '@freight/eventstore';
import { jobDecider } from './domain/job/decider.ts';
import { jobsProjection } from './projections/jobs.projection.ts';
import { runsProjection } from './projections/runs.projection.ts';

/** The read models of the job service, referencing tables first, as a rebuild empties them. */
export const jobProjections: readonly Projection<JobEvent>[] = [runsProjection, jobsProjection];

/** The job service's log with its read models. */
export const jobStore = createStore({ log: 'job', decider: jobDecider, projections: jobProjections });
