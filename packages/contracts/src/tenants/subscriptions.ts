import { z } from 'zod';
import { uuid } from '../ids.ts';
import { jobEvents } from '../jobs/events.ts';
import { durables, streams, subjects } from '../subjects.ts';
import { tenantEvents } from './events.ts';

const eventTypes = [...Object.keys(jobEvents), ...Object.keys(tenantEvents)] as [string, ...string[]];

/** Which of a tenant's events a subscription carries: all that match what is given. One subject says it, so each is one thing or all. */
export const subscriptionFilter = z
  .strictObject({
    aggregate: z
      .enum(['jobs', 'tenants'])
      .nullable()
      .default(null)
      .describe('Events of jobs, or of the tenant itself; null: both.'),
    eventType: z.enum(eventTypes).nullable().default(null).describe('Events of one type; null: of every type.'),
  })
  .refine(
    ({ aggregate, eventType }) =>
      aggregate === null || eventType === null || eventType in (aggregate === 'jobs' ? jobEvents : tenantEvents),
    { error: 'no such event happens there', path: ['eventType'] },
  )
  .meta({ id: 'SubscriptionFilter' });
export type SubscriptionFilter = z.infer<typeof subscriptionFilter>;

export const createSubscriptionBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    filter: subscriptionFilter.default(() => ({ aggregate: null, eventType: null })),
    startAt: z
      .enum(['new', 'all'])
      .default('new')
      .describe('`new`: what happens from now on; `all`: also what the stream still holds (a week).'),
  })
  .meta({ id: 'CreateSubscription' });
export type CreateSubscriptionBody = z.infer<typeof createSubscriptionBody>;

export const subscriptionView = z
  .object({
    id: uuid,
    name: z.string(),
    filter: subscriptionFilter,
    startAt: z.enum(['new', 'all']),
    status: z.enum(['active', 'revoked']),
    stream: z.string().describe('The JetStream stream.'),
    durable: z.string().describe('The durable consumer to take events from.'),
    subject: z.string().describe('The subjects that it carries.'),
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Subscription' });
export type SubscriptionView = z.infer<typeof subscriptionView>;

/** Where and how a subscriber connects. */
export const subscriptionAccess = z.object({
  servers: z.array(z.string()).describe('Addresses of NATS.'),
  domain: z.string().describe('The JetStream domain to name.'),
});

export const subscriptionCreated = z
  .object({
    ...subscriptionView.shape,
    ...subscriptionAccess.shape,
    jwt: z.string().describe('The token of the subscriber. It is worth nothing without its key.'),
    /** Token and key; in the first answer only, `null` in every repeat. */
    credentials: z.string().nullable(),
  })
  .meta({ id: 'SubscriptionCreated' });

/** A row of `subscriptions`, as the driver reads it. Source: migrations/0008. */
export interface SubscriptionRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly name: string;
  readonly aggregate: SubscriptionFilter['aggregate'];
  readonly event_type: string | null;
  readonly start_at: 'new' | 'all';
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

/** The one subject that a subscription's durable is filtered by: always of its own tenant. */
export const subjectOfSubscription = (row: Pick<SubscriptionRow, 'tenant_id' | 'aggregate' | 'event_type'>): string => {
  const { tenant_id, aggregate, event_type } = row;
  if (event_type !== null) return subjects.event(tenant_id, aggregate ?? '*', '*', event_type);
  return aggregate === null ? subjects.eventsOfTenant(tenant_id) : subjects.eventsOfAggregate(tenant_id, aggregate);
};

export const subscriptionViewOfRow = (row: SubscriptionRow): SubscriptionView => ({
  id: row.id,
  name: row.name,
  filter: { aggregate: row.aggregate, eventType: row.event_type },
  startAt: row.start_at,
  status: row.revoked_at === null ? 'active' : 'revoked',
  stream: streams.events,
  durable: durables.subscription(row.id),
  subject: subjectOfSubscription(row),
  createdAt: row.created_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
});
