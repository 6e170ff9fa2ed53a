/** What a downstream system does with its credentials, and a job service's relay for the events it is told of. */
import { type CloudEvent, subscriberDomain, toCloudEvent } from '@freight/contracts';
import { startRelay } from '@freight/eventstore';
import { type ConsumerMessages, jetstream } from '@nats-io/jetstream';
import { type ConnectionOptions, connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { type GatewayFixture, insertJobEvent, until } from './gatewayFixture.ts';

export interface TestSubscription {
  readonly id: string;
  readonly stream: string;
  readonly durable: string;
  readonly subject: string;
  readonly servers: readonly string[];
  readonly jwt: string;
  readonly credentials: string;
}

/** Makes a subscription over the API. */
export const subscribe = async (
  f: GatewayFixture,
  key: string,
  body: Record<string, unknown> = {},
): Promise<TestSubscription> => {
  const answer = await f.api.call('POST', '/v1/subscriptions', { key, body: { name: 'Warehouse', ...body } });
  if (answer.status !== 201) throw new Error(`no subscription: ${answer.status} ${answer.text}`);
  return answer.body as TestSubscription;
};

export const enter = (subscription: TestSubscription, options: ConnectionOptions = {}): Promise<NatsConnection> =>
  connect({
    servers: subscription.servers.map(one => new URL(one).host),
    authenticator: credsAuthenticator(new TextEncoder().encode(subscription.credentials)),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    ignoreAuthErrorAbort: true,
    ...options,
  });

/** Takes up to so many events and acknowledges them, as long as they come. */
export const take = async (
  nc: NatsConnection,
  { stream, durable }: TestSubscription,
  count: number,
  options: { readonly ack?: boolean; readonly expires?: number } = {},
): Promise<readonly CloudEvent[]> => {
  const consumer = await jetstream(nc, { domain: subscriberDomain }).consumers.get(stream, durable);
  const events: CloudEvent[] = [];
  const messages: ConsumerMessages = await consumer.fetch({ max_messages: count, expires: options.expires ?? 3000 });
  for await (const message of messages) {
    events.push(message.json<CloudEvent>());
    if (options.ack !== false && !(await message.ackAck())) throw new Error('the acknowledgement was not taken');
  }
  return events;
};

export interface TestJobLog {
  /** Appends events to a job's log, and waits until the broker has them. */
  append(tenantId: string, jobId: string, count: number): Promise<void>;
  stop(): Promise<void>;
}

/** The job log's relay, as the job service runs it, and something to write into the log. */
export const startJobLog = (f: GatewayFixture): TestJobLog => {
  const versions = new Map<string, number>();
  const relay = startRelay({
    db: f.database.open('freight_jobs'),
    log: 'job',
    pollMs: 20,
    publish: event => f.bus.publishEvent('jobs', toCloudEvent('jobs', event), event.streamId),
    streamCreatedAt: () => f.bus.eventsCreatedAt(),
    onError: () => {},
  });
  return {
    append: async (tenantId, jobId, count) => {
      for (let i = 0; i < count; i++) {
        const version = (versions.get(jobId) ?? 0) + 1;
        versions.set(jobId, version);
        await insertJobEvent(f.database, tenantId, jobId, version);
      }
      relay.wake();
      await until('the relay has sent them', async () => {
        const [row] = await f.database.admin`
          select 1 from relay_positions p where relay = 'relay job' and not exists (
            select 1 from job_events e where (e.tx, e.seq) > (p.tx, p.seq))`;
        return row !== undefined;
      });
    },
    stop: () => relay.stop(),
  };
};

/** The versions of a job's events, as they came. */
export const versionsOf = (events: readonly CloudEvent[], jobId: string): readonly number[] =>
  events.filter(event => event.subject === jobId).map(event => event.streamversion);
