import { natsHeaders } from '@freight/contracts';
import { backoffMs, sleep } from '@freight/kernel';
import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { publishDeadLetter, sizeMaxOf, tenantOfSubject } from './deadLetters.ts';
import { type Disposition, dead, retryIn } from './disposition.ts';
import { replyInboxOf } from './replies.ts';
import { type DurableOptions, ensureDurable } from './topology.ts';
import { processing } from './tracing.ts';

/** A message as a handler sees it. */
export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** The inbox that waits for a reply, where one does. */
  readonly replyTo: string | undefined;
  /** How long it waited in the stream, milliseconds, by the broker's and this machine's clocks. */
  readonly ageMs: number;
  /** Says "still at it": starts the broker's wait for an answer anew. */
  progress(): void;
}

export interface ConsumeOptions extends DurableOptions {
  /** Messages that this process handles at once. */
  readonly concurrency: number;
  /** Messages that may wait in this process beyond those; as many as are handled when not given. */
  readonly ahead?: number;
  /** A message delivered more often than this is parked, not tried: it may be what kills the process. */
  readonly deliveriesMax: number;
  /** Span name and metric label: the subject without ids. */
  readonly destination: (subject: string) => string;
  readonly handle: (delivery: Delivery) => Promise<Disposition>;
  readonly onError: (error: unknown, subject: string) => void;
}

export interface Consuming {
  /** Takes no more messages and resolves when those at hand are settled. */
  stop(): Promise<void>;
  readonly handling: number;
}

interface Connection {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly ensureTopology: () => Promise<void>;
}

/** Conditions under which the pull is made anew: the consumer or its stream is gone, or the broker fell silent. */
const lost = new Set([
  'consumer_deleted',
  'consumer_not_found',
  'stream_not_found',
  'heartbeats_missed',
  'no_responders',
]);

/**
 * Keeps consuming until stopped: makes the stream and the durable when they are missing (also after the broker was wiped), and starts
 * the pull anew when it falls silent. A handler that throws gets its message again, later and later.
 */
export const startConsuming = (connection: Connection, options: ConsumeOptions): Consuming => {
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();
  let messages: ConsumerMessages | undefined;

  const settle = async (message: JsMsg, disposition: Disposition): Promise<void> => {
    switch (disposition.kind) {
      case 'ack':
        message.ack();
        return;
      case 'retry':
        message.nak(disposition.delayMs);
        return;
      case 'dead':
        await publishDeadLetter(
          connection.js,
          {
            subject: message.subject,
            data: message.data,
            stream: options.stream,
            reason: disposition.reason,
            detail: disposition.detail,
            id: `${options.stream}:${message.seq}:${message.timestamp}`,
          },
          sizeMaxOf(connection.nc),
        );
        // Without a reason: nats-server 2.9 ignores a termination that carries one.
        message.term();
        return;
      case 'leave':
        return;
    }
  };

  const handleOne = async (message: JsMsg): Promise<void> => {
    const count = message.info.deliveryCount;
    try {
      const disposition =
        count > options.deliveriesMax
          ? dead('deliveries_exhausted', `delivered ${count - 1} times without an end`)
          : await processing(
              options.destination(message.subject),
              message.headers,
              tenantOfSubject(message.subject),
              () =>
                options.handle({
                  subject: message.subject,
                  data: message.data,
                  deliveryCount: count,
                  replyTo: replyInboxOf(message.headers?.get(natsHeaders.replyTo)),
                  ageMs: Math.max(0, Date.now() - message.time.getTime()),
                  progress: () => message.working(),
                }),
            );
      await settle(message, disposition);
    } catch (error) {
      options.onError(error, message.subject);
      await settle(message, retryIn(backoffMs(count, { baseMs: 200, maxMs: 30_000 }))).catch(() => {});
    }
  };

  const pull = async (): Promise<void> => {
    const consumer = await connection.js.consumers.get(options.stream, options.durable);
    const pulled = await consumer.consume({
      max_messages: options.ahead ?? options.concurrency,
      expires: 5000,
      idle_heartbeat: 1000,
    });
    messages = pulled;
    if (stopping.signal.aborted) pulled.stop();
    void (async () => {
      for await (const notice of pulled.status()) if (lost.has(notice.type)) pulled.stop();
    })();
    for await (const message of pulled) {
      const task = handleOne(message).finally(() => inHand.delete(task));
      inHand.add(task);
      if (inHand.size >= options.concurrency) await Promise.race(inHand);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await connection.ensureTopology();
        await ensureDurable(connection.manager, options);
        await pull();
      } catch (error) {
        if (stopping.signal.aborted || connection.nc.isClosed()) break;
        options.onError(error, options.filter);
      }
      await sleep(250, stopping.signal);
    }
    await Promise.allSettled(inHand);
  };

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      messages?.stop();
      await running;
    },
    get handling() {
      return inHand.size;
    },
  };
};
