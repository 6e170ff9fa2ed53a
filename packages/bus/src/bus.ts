import {
  type CloudEvent,
  type CommandEnvelope,
  type CommandReply,
  type CommandService,
  commandReply,
  type Lane,
  type NatsService,
  natsHeaders,
  type ResultMessage,
  streams,
  subjects,
  type WorkMessage,
} from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { type ConsumeOptions, type Consuming, startConsuming } from './consume.ts';
import { authentication, inboxPrefix } from './credentials.ts';
import { publishDeadLetter, sizeMaxOf } from './deadLetters.ts';
import { parseMessage } from './parse.ts';
import { createReplyInbox } from './replies.ts';
import { createSubscriberDurables, type SubscriberDurables } from './subscribers.ts';
import { ensureStreams } from './topology.ts';
import { inTrace, processing, publishing, tracedHeaders } from './tracing.ts';

export interface BusOptions {
  /** `nats://host:port`, for a broker that knows users by password `nats://user:password@host:port`; several servers with commas. */
  readonly url: string;
  /** Who this is: it makes only the streams that are its own to make. Left out by tools, which make them all. */
  readonly service?: NatsService | undefined;
  /** A file with a user's token and key (`.creds`); it goes before the URL's password. */
  readonly credentialsFile?: string | undefined;
  readonly name: string;
  readonly replicas: number;
  /** Something is wrong or well again, for the log. */
  readonly onStatus: (status: { readonly type: string; readonly detail: string }) => void;
}

/** The one door to NATS: subjects, ids for de-duplication, trace context, dead letters. */
export interface Bus {
  /** Publishes a command durably; a repeat with the same id inside the broker's window is swallowed, so nothing may hang on it. */
  publishCommand(envelope: CommandEnvelope, service: CommandService): Promise<void>;
  /** Sends a reply to whoever waits for it; nobody may. */
  reply(replyTo: string, reply: CommandReply): void;
  /** Waits for the reply to a command; undefined when none came in time. Call it before the command is published. */
  awaitReply(commandId: string, timeoutMs: number): Promise<CommandReply | undefined>;
  /** @param traceparent of the request that the work goes back to. */
  publishWork(lane: Lane, message: WorkMessage, traceparent?: string): Promise<void>;
  /** @returns the event's number in the stream. */
  publishEvent(aggregate: string, event: CloudEvent, id: string): Promise<number>;
  /** Tells the job service that a result waits in Postgres. Not stored: a lost one costs a poll interval. */
  wakeJobs(message: ResultMessage): void;
  /** Takes messages that are not stored, one member of the group each, or all when no group is named. */
  subscribe(subject: string, group: string | undefined, handle: (message: Msg) => Promise<void>): { stop(): void };
  /** Tells whoever listens right now; nothing is stored. */
  broadcast(subject: string, message: object): void;
  /** Hears what is broadcast, as text. It is no part of a trace: some of it comes several times a second. */
  listen(subject: string, hear: (text: string) => void): { stop(): void };
  consume(options: ConsumeOptions): Consuming;
  putDead(
    message: { subject: string; data: Uint8Array },
    stream: string,
    reason: string,
    detail: string,
  ): Promise<void>;
  /** When the stream of events was made; another answer than before means that the broker lost it. */
  eventsCreatedAt(): Promise<string>;
  /** Messages that wait in a durable's queue and are out. @returns undefined while the broker is away. */
  depth(stream: string, durable: string): Promise<number | undefined>;
  /** Removes what the streams hold of a tenant. @returns how many messages, by stream. */
  purgeTenant(tenantId: string): Promise<Readonly<Record<string, number>>>;
  ensureTopology(): Promise<void>;
  /** Subscribers' durables on the stream of events. */
  readonly subscribers: SubscriberDurables;
  isConnected(): boolean;
  /** Sends what is buffered, then closes. */
  close(): Promise<void>;
}

const encode = (value: unknown): string => JSON.stringify(value);

/** @throws FreightError `bus_unavailable`, retryable, when the first connection can't be made. */
export const connectBus = async (options: BusOptions): Promise<Bus> => {
  const servers = options.url.split(',').map(one => new URL(one).host);
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers,
      name: options.name,
      ...authentication(options),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      pingInterval: 10_000,
      maxPingOut: 3,
    });
  } catch (cause) {
    throw new FreightError('NATS cannot be reached', { code: 'bus_unavailable', retry: 'retryable', cause });
  }
  let connected = true;
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') connected = false;
      if (status.type === 'reconnect') connected = true;
      if (status.type === 'disconnect' || status.type === 'reconnect' || status.type === 'error') {
        options.onStatus({ type: status.type, detail: 'error' in status ? status.error.message : '' });
      }
    }
  })();

  const js: JetStreamClient = jetstream(nc, { timeout: 5000 });
  const manager: JetStreamManager = await jetstreamManager(nc, { checkAPI: false, timeout: 5000 });
  const replies = createReplyInbox(nc, inboxPrefix(options));
  const ensureTopology = () => ensureStreams(manager, { replicas: options.replicas, service: options.service });
  let eventsCreated: { readonly value: string; readonly at: number } | undefined;

  return {
    publishCommand: (envelope, service) =>
      publishing(`freight.cmd.{tenant}.${service}.${envelope.type}`, envelope.tenantId, async () => {
        const headers = tracedHeaders();
        headers.set(natsHeaders.replyTo, replies.subjectFor(envelope.id));
        await js.publish(subjects.command(envelope.tenantId, service, envelope.type), encode(envelope), {
          headers,
          msgID: envelope.id,
          expect: { streamName: streams.commands },
        });
      }),
    reply: (replyTo, reply) => nc.publish(replyTo, encode(reply), { headers: tracedHeaders() }),
    awaitReply: async (commandId, timeoutMs) => {
      const data = await replies.wait(commandId, timeoutMs);
      if (data === undefined) return undefined;
      // Whoever knows the inbox can write to it: what is no reply is none.
      const parsed = parseMessage(new TextEncoder().encode(data), commandReply);
      return parsed.ok ? parsed.value : undefined;
    },
    publishWork: (lane, message, traceparent) =>
      inTrace(traceparent, () =>
        publishing(`freight.work.{lane}.{tenant}.${message.kind}`, message.tenantId, async () => {
          await js.publish(subjects.work(lane, message.tenantId, message.kind), encode(message), {
            headers: tracedHeaders(),
            // A re-issue under the id of the first would be swallowed as a duplicate.
            msgID: `${message.batchId}:${message.issue}`,
            expect: { streamName: streams.work },
          });
        }),
      ),
    publishEvent: async (aggregate, event, id) => {
      const headers = tracedHeaders();
      if (event.traceparent) headers.set('traceparent', event.traceparent);
      headers.set('content-type', 'application/cloudevents+json');
      headers.set(natsHeaders.version, String(event.streamversion));
      const stored = await js.publish(
        subjects.event(event.tenantid, aggregate, id, event.type.split('.').at(-1) ?? ''),
        encode(event),
        {
          headers,
          msgID: event.id,
          expect: { streamName: streams.events },
        },
      );
      return stored.seq;
    },
    wakeJobs: message =>
      nc.publish(subjects.result(message.tenantId, message.jobId), encode(message), { headers: tracedHeaders() }),
    subscribe: (subject, group, handle) => {
      // Span names stay few: a subject of one stream holds ids.
      const template = subject.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}');
      const subscription = nc.subscribe(subject, {
        ...(group === undefined ? {} : { queue: group }),
        callback: (error, message) => {
          if (error) return;
          void processing(template, message.headers, '', () => handle(message)).catch((cause: unknown) =>
            options.onStatus({ type: 'handler', detail: cause instanceof Error ? cause.message : 'unknown' }),
          );
        },
      });
      return { stop: () => subscription.unsubscribe() };
    },
    broadcast: (subject, message) => nc.publish(subject, encode(message)),
    listen: (subject, hear) => {
      const subscription = nc.subscribe(subject, {
        callback: (error, message) => {
          if (!error) hear(message.string());
        },
      });
      return { stop: () => subscription.unsubscribe() };
    },
    consume: consumeOptions => startConsuming({ nc, js, manager, ensureTopology }, consumeOptions),
    putDead: (message, stream, reason, detail) =>
      publishDeadLetter(js, { subject: message.subject, data: message.data, stream, reason, detail }, sizeMaxOf(nc)),
    eventsCreatedAt: async () => {
      if (eventsCreated && Date.now() - eventsCreated.at < 1000) return eventsCreated.value;
      try {
        const info = await manager.streams.info(streams.events);
        eventsCreated = { value: info.created, at: Date.now() };
        return info.created;
      } catch (error) {
        eventsCreated = undefined;
        await ensureTopology();
        throw error;
      }
    },
    depth: async (stream, durable) => {
      try {
        const info = await manager.consumers.info(stream, durable);
        return info.num_pending + info.num_ack_pending;
      } catch {
        return undefined;
      }
    },
    purgeTenant: async tenantId => {
      const purged: Record<string, number> = {};
      for (const [stream, filter] of Object.entries(subjects.ofTenant(tenantId))) {
        purged[stream] = await manager.streams.purge(stream, { filter }).then(
          answer => answer.purged,
          (error: unknown) => {
            // What is not there holds nothing: not made yet, or lost with the broker, which is filled again only by services that know.
            if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return 0;
            throw error;
          },
        );
      }
      return purged;
    },
    ensureTopology,
    subscribers: createSubscriberDurables(js, manager),
    isConnected: () => connected && !nc.isClosed(),
    close: async () => {
      replies.close();
      if (!nc.isClosed()) await nc.drain().catch(() => nc.close());
    },
  };
};
