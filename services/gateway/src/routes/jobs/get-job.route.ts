import { jobView } from '@freight/contracts';
import { z } from 'zod';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { getJob } from '../../queries/jobs.query.ts';
import { jobParams } from './jobParams.ts';

/** Whether one of the tags that the client has is this one; weakly, as reads compare. Source: RFC 9110, section 13.1.2. */
const hasTag = (ifNoneMatch: string | undefined, tag: string): boolean =>
  ifNoneMatch !== undefined &&
  ifNoneMatch.split(',').some(one => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag.replace(/^W\//, ''));

export const getJobRoute = defineRoute({
  method: 'get',
  path: '/v1/jobs/{jobId}',
  operationId: 'getJob',
  tag: 'jobs',
  summary: 'Read a job',
  description: 'The weak `ETag` is the version of the job; with `If-None-Match` an unchanged job costs no body.',
  scope: 'read',
  params: jobParams,
  headers: z.object({ 'if-none-match': z.string().max(1000).optional() }),
  responses: { 200: { description: 'The job.', schema: jobView }, 304: { description: 'It has not changed.' } },
  problems: ['not_found'],
  handle: async ({ caller, params, headers }, deps) => {
    const body = await getJob(deps.db, caller.tenantId, params.jobId);
    if (!body) return notFound();
    const etag = `W/"${body.version}"`;
    if (hasTag(headers['if-none-match'], etag)) return { status: 304, headers: { etag } };
    return { status: 200, body, headers: { etag } };
  },
});
