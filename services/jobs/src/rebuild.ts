import { rebuild } from '@freight/eventstore';
import type { Database } from '@freight/postgres';
import { jobDecider } from './domain/job/decider.ts';
import { jobProjections } from './store.ts';

/** Folds the read models of the job service anew from its log. */
export const rebuildJobs = (db: Database): Promise<{ readonly tenants: number; readonly events: number }> =>
  rebuild({ db, log: 'job', decider: jobDecider, projections: jobProjections });
