import type { EventMetadata } from './envelope.ts';
import type { CloudEvent } from './jobs/views.ts';

/** The streams' kinds, as subjects, types and sources name them. */
export type Aggregate = 'tenants' | 'jobs';

/** An event of a log, in the shape in which the event store reads it. */
export interface LoggedEvent {
  readonly id: string;
  readonly tenantId: string;
  readonly streamId: string;
  readonly version: number;
  readonly event: { readonly type: string; readonly data: object };
  readonly metadata: EventMetadata;
  readonly occurredAt: Date;
}

/**
 * A logged event as CloudEvents 1.0 JSON: the same for the broker, the events page and the event stream, so that who reads two of them
 * can drop repeats by id.
 */
export const toCloudEvent = (aggregate: Aggregate, logged: LoggedEvent): CloudEvent => ({
  specversion: '1.0',
  id: logged.id,
  source: `/freight/${aggregate}`,
  type: `freight.${aggregate}.${logged.event.type}`,
  subject: logged.streamId,
  time: logged.occurredAt.toISOString(),
  datacontenttype: 'application/json',
  tenantid: logged.tenantId,
  streamversion: logged.version,
  ...(logged.metadata.traceparent === undefined ? {} : { traceparent: logged.metadata.traceparent }),
  data: { ...logged.event.data },
});
