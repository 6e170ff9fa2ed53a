import { createJobBody, jobView } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';

export const createJobRoute = defineRoute({
  method: 'post',
  path: '/v1/jobs',
  operationId: 'createJob',
  tag: 'jobs',
  summary: 'Describe a migration',
  description: 'Nothing moves until the job is started.',
  scope: 'write',
  headers: commandHeaders,
  body: createJobBody,
  responses: { 201: { description: 'The job.', schema: jobView }, ...accepted },
  problems: ['unknown_connection', 'wrong_system', 'lane_not_allowed'],
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'jobs',
      type: 'create-job',
      prepare: () => ({ body: { jobId: newId(), request: request.body } }),
      location: reply => `/v1/jobs/${String(reply['id'])}`,
    }),
});
