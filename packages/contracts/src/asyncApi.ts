import { z } from 'zod';
import { jobEvents } from './jobs/events.ts';
import { cloudEvent } from './jobs/views.ts';
import { subjects } from './subjects.ts';
import { tenantEvents } from './tenants/events.ts';

const aggregates = { jobs: jobEvents, tenants: tenantEvents } as const;

const toJsonSchema = (schema: z.ZodType): unknown => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'output' });
  return rest;
};

/** One message: the CloudEvents envelope with the event's own data. */
const messageOf = (aggregate: string, type: string, data: z.ZodType) => ({
  name: type,
  title: `${aggregate}: ${type}`,
  contentType: 'application/cloudevents+json',
  payload: toJsonSchema(z.object({ ...cloudEvent.shape, type: z.literal(`freight.${aggregate}.${type}`), data })),
});

/**
 * The events that subscribers get, as an AsyncAPI document made from the schemas that are written. Source of the format:
 * https://www.asyncapi.com/docs/reference/specification/v3.0.0
 * @param version of Freight.
 */
export const createAsyncApi = (version: string): object => {
  const messages: Record<string, object> = {};
  const channels: Record<string, object> = {};
  const operations: Record<string, object> = {};
  for (const [aggregate, events] of Object.entries(aggregates)) {
    const names = Object.keys(events);
    for (const [type, data] of Object.entries(events))
      messages[`${aggregate}.${type}`] = messageOf(aggregate, type, data);
    channels[aggregate] = {
      address: subjects.event('{tenantId}', aggregate, '{streamId}', '{event}'),
      description: 'Each stream in order; at least once. Drop repeats by the id, order by the version.',
      parameters: {
        tenantId: { description: 'The tenant; a UUID.' },
        streamId: { description: 'The job or the tenant whose event it is; a UUID.' },
        event: { description: 'The last part of the type.', enum: names },
      },
      messages: Object.fromEntries(names.map(type => [type, { $ref: `#/components/messages/${aggregate}.${type}` }])),
    };
    operations[`publish-${aggregate}`] = { action: 'send', channel: { $ref: `#/channels/${aggregate}` } };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Freight events',
      version,
      description:
        'What happens to tenants and jobs, as CloudEvents 1.0 in JSON over NATS JetStream (stream FREIGHT_EVENTS).',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels,
    operations,
    components: { messages },
  };
};
