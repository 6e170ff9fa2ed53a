import { newId } from '@freight/kernel';
import { jobAction } from './jobAction.ts';

export const startJobRoute = jobAction({
  action: 'start',
  command: 'start-job',
  operationId: 'startJob',
  summary: 'Start a job',
  more: () => ({ runId: newId() }),
});
