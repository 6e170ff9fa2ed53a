import type { JobEvent } from '@freight/contracts';
import type { Projection } from '@freight/eventstore';

/** Keeps `runs`: each carrying-out of a job, and how it ended. */
export const runsProjection: Projection<JobEvent> = {
  name: 'runs',
  tables: ['runs'],
  apply: async (sql, { event, tenantId, streamId, occurredAt }) => {
    switch (event.type) {
      case 'job-started':
        await sql`
          insert into runs (tenant_id, job_id, id, kind, status, phase, started_at)
          values (${tenantId}, ${streamId}, ${event.data.runId}, ${event.data.kind}, 'active', 'prepare', ${occurredAt})`;
        return;
      case 'phase-started':
        await sql`update runs set phase = ${event.data.phase} where tenant_id = ${tenantId} and id = ${event.data.runId}`;
        return;
      case 'job-completed':
      case 'job-failed':
      case 'job-cancelled': {
        const status = event.type.slice('job-'.length);
        await sql`
          update runs set status = ${status}, ended_at = ${occurredAt}
          where tenant_id = ${tenantId} and id = ${event.data.runId}`;
        return;
      }
      case 'job-created':
      case 'extraction-pass-completed':
      case 'object-planned':
      case 'batch-completed':
      case 'job-paused':
      case 'job-resumed':
      case 'job-cancelling':
      case 'job-deleted':
        return;
    }
  },
};
