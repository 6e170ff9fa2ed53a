import { objectName, outcome, recordOutcomeView } from '@freight/contracts';
import { z } from 'zod';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageOf, pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { getJob } from '../../queries/jobs.query.ts';
import { listOutcomes, showOutcome } from '../../queries/records.query.ts';
import { jobParams } from './jobParams.ts';

export const listJobRecordsRoute = defineRoute({
  method: 'get',
  path: '/v1/jobs/{jobId}/records',
  operationId: 'listJobRecords',
  tag: 'jobs',
  summary: 'List what became of the records in the latest run',
  scope: 'read',
  params: jobParams,
  query: z.strictObject({
    ...pageQuery(1000),
    outcome: outcome.optional().describe('Only records that ended so.'),
    object: objectName.optional().describe('Only records of this object.'),
  }),
  responses: {
    200: { description: 'A page of outcomes.', schema: pageOf(recordOutcomeView).meta({ id: 'RecordOutcomePage' }) },
  },
  problems: ['not_found'],
  handle: async ({ caller: { tenantId }, params: { jobId }, query }, deps) => {
    const job = await getJob(deps.db, tenantId, jobId);
    if (!job) return notFound();
    const { runId } = job;
    const vault = await deps.vault.of(tenantId);
    const filter = { jobId, outcome: query.outcome, object: query.object };
    return answerPage({
      deps,
      tenantId,
      query,
      purpose: `records ${jobId} ${runId ?? ''} outcome=${query.outcome ?? ''} object=${query.object ?? ''}`,
      read: (after, limit) =>
        runId === null ? Promise.resolve([]) : listOutcomes(deps.db, tenantId, { ...filter, runId }, after, limit),
      keysOf: row => [row.outcome, row.object, row.source_id],
      show: row => showOutcome(row, tenantId, vault),
    });
  },
});
