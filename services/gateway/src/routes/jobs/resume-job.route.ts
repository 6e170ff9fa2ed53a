import { jobAction } from './jobAction.ts';

export const resumeJobRoute = jobAction({
  action: 'resume',
  command: 'resume-job',
  operationId: 'resumeJob',
  summary: 'Go on with a paused job',
});
