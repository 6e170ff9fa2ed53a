import { jobAction } from './jobAction.ts';

export const resumeJobRoute = jobAction({
  action: 'resume',
  command: 'resume-job',
  operationId: 'resumeJob',
  summary: 'Go on with a paused job',
  description: 'Refused while as many jobs of the tenant run as may.',
  problems: ['job_limit_reached'],
});
