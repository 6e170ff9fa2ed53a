import { jobAction } from './jobAction.ts';

export const pauseJobRoute = jobAction({
  action: 'pause',
  command: 'pause-job',
  operationId: 'pauseJob',
  summary: 'Pause a job',
  description: 'Batches that are under way are finished; no new ones are begun.',
});
