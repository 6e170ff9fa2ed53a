import { type CloudEvent, type EventMetadata, toCloudEvent } from '@freight/contracts';
import type { Database } from '@freight/postgres';

interface Row {
  event_id: string;
  tenant_id: string;
  stream_id: string;
  version: number;
  type: string;
  data: object;
  metadata: EventMetadata;
  occurred_at: Date;
}

/** A job's events after a version, oldest first. */
export const listJobEvents = (
  db: Database,
  tenantId: string,
  jobId: string,
  after: number,
  limit: number,
): Promise<readonly CloudEvent[]> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<Row[]>`
      select event_id, tenant_id, stream_id, version, type, data, metadata, occurred_at from job_events
      where tenant_id = freight_tenant() and stream_id = ${jobId} and version > ${after}
      order by version limit ${limit}`;
    return rows.map(row =>
      toCloudEvent('jobs', {
        id: row.event_id,
        tenantId: row.tenant_id,
        streamId: row.stream_id,
        version: row.version,
        event: { type: row.type, data: row.data },
        metadata: row.metadata,
        occurredAt: row.occurred_at,
      }),
    );
  });
