import { newId } from '@freight/kernel';
import { jobAction } from './jobAction.ts';

export const startJobRoute = jobAction({
  action: 'start',
  command: 'start-job',
  operationId: 'startJob',
  summary: 'Start a job',
  description: 'Refused while as many jobs of the tenant run as may.',
  problems: ['job_limit_reached'],
  more: () => ({ runId: newId() }),
});
