import { jobAction } from './jobAction.ts';

export const cancelJobRoute = jobAction({
  action: 'cancel',
  command: 'cancel-job',
  operationId: 'cancelJob',
  summary: 'Cancel a job for good',
  description: 'Records that were not moved yet end as `skipped` with the reason `job_cancelled`.',
});
