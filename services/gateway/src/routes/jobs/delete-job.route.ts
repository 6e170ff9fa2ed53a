import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { jobParams } from './jobParams.ts';

export const deleteJobRoute = defineRoute({
  method: 'delete',
  path: '/v1/jobs/{jobId}',
  operationId: 'deleteJob',
  tag: 'jobs',
  summary: 'Delete a job that has ended or was never started',
  scope: 'write',
  params: jobParams,
  headers: commandHeaders,
  responses: { 204: { description: 'It is deleted.' }, ...accepted },
  problems: ['not_found', 'invalid_transition'],
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'jobs',
      type: 'delete-job',
      prepare: () => ({ body: { jobId: request.params.jobId } }),
    }),
});
