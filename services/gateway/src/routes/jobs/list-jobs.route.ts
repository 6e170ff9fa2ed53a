import { jobStatus, jobView, jobViewOfRow } from '@freight/contracts';
import { z } from 'zod';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageOf, pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { listJobs } from '../../queries/jobs.query.ts';

export const listJobsRoute = defineRoute({
  method: 'get',
  path: '/v1/jobs',
  operationId: 'listJobs',
  tag: 'jobs',
  summary: 'List the jobs, newest first',
  scope: 'read',
  query: z.strictObject({ ...pageQuery(), status: jobStatus.optional().describe('Only jobs of this status.') }),
  responses: { 200: { description: 'A page of jobs.', schema: pageOf(jobView).meta({ id: 'JobPage' }) } },
  handle: ({ caller, query }, deps) =>
    answerPage({
      deps,
      tenantId: caller.tenantId,
      query,
      purpose: `jobs status=${query.status ?? ''}`,
      read: (after, limit) => listJobs(deps.db, caller.tenantId, { status: query.status }, after, limit),
      keysOf: row => [row.created_at.toISOString(), row.id],
      show: jobViewOfRow,
    }),
});
