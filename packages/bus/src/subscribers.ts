import { durables, natsHeaders, streams } from '@freight/contracts';
import { FreightError, newId } from '@freight/kernel';
import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

/** How far a subscriber's durable has come. */
export interface SubscriberDurable {
  readonly durable: string;
  /** Everything of its subjects up to this number of the stream was acknowledged. */
  readonly ackFloor: number;
  /** Nothing waits and nothing is out: all that the stream holds of its subjects was acknowledged. */
  readonly isCaughtUp: boolean;
}

export interface DurableList {
  readonly streamCreatedAt: string;
  /** What lies below this number of the stream is too old and gone. */
  readonly firstSeq: number;
  readonly durables: readonly SubscriberDurable[];
}

/** An event in the stream, as it is named there. */
export interface NamedEvent {
  /** Its number in the stream. */
  readonly seq: number;
  readonly aggregate: string;
  readonly streamId: string;
  /** NaN when a former version sent it without. */
  readonly version: number;
}

/** Subscribers' durables on the stream of events, as who makes and ends them sees them. */
export interface SubscriberDurables {
  /**
   * All of them, and when the stream was made that they stand on.
   * @throws FreightError `stream_changed`, retryable, when the stream was made anew meanwhile: its numbers would be mixed up.
   */
  list(): Promise<DurableList>;
  /**
   * Makes one that begins at a number of the stream; one that is there already stays as it is.
   * @throws FreightError `stream_changed`, retryable, when it is another stream than the one that the number counts in.
   */
  make(options: {
    readonly durable: string;
    readonly subject: string;
    readonly startSeq: number;
    readonly streamCreatedAt: string;
  }): Promise<void>;
  /** Ends one; one that is not there is no error. */
  end(durable: string): Promise<void>;
  /** The names of the stream's events on a subject, in order, a page at a time. Reads what there is at the call and no more. */
  readNames(subject: string): AsyncIterable<readonly NamedEvent[]>;
}

const streamChanged = () =>
  new FreightError('The stream was made anew', { code: 'stream_changed', retry: 'retryable' });

const consumerNotFound = 10014;
const streamNotFound = 10059;
const pageSize = 500;
/** A subscriber that holds an event for longer gets it again. */
const ackWaitMs = 30_000;
/** Events that a subscriber may hold at once. */
const ackPendingMax = 1000;

export const createSubscriberDurables = (js: JetStreamClient, manager: JetStreamManager): SubscriberDurables => {
  return {
    list: async () => {
      const { created: streamCreatedAt, state } = await manager.streams.info(streams.events);
      const found: SubscriberDurable[] = [];
      for await (const { name, ack_floor, num_pending, num_ack_pending } of manager.consumers.list(streams.events)) {
        if (!name.startsWith(durables.subscription(''))) continue;
        const isCaughtUp = num_pending === 0 && num_ack_pending === 0;
        found.push({ durable: name, ackFloor: ack_floor.stream_seq, isCaughtUp });
      }
      if ((await manager.streams.info(streams.events)).created !== streamCreatedAt) {
        throw streamChanged();
      }
      return { streamCreatedAt, firstSeq: state.first_seq, durables: found };
    },
    make: async ({ durable, subject, startSeq, streamCreatedAt }) => {
      try {
        await manager.consumers.info(streams.events, durable);
        return;
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.code !== consumerNotFound) throw error;
      }
      await manager.consumers.add(streams.events, {
        durable_name: durable,
        filter_subject: subject,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Math.max(1, startSeq),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        max_ack_pending: ackPendingMax,
        max_deliver: -1,
        max_waiting: 64,
      });
      if ((await manager.streams.info(streams.events)).created !== streamCreatedAt) {
        await manager.consumers.delete(streams.events, durable);
        throw streamChanged();
      }
    },
    end: async durable => {
      try {
        await manager.consumers.delete(streams.events, durable);
      } catch (error) {
        const isGone =
          error instanceof JetStreamApiError && (error.code === consumerNotFound || error.code === streamNotFound);
        if (!isGone) throw error;
      }
    },
    readNames: async function* (subject) {
      const name = `read-${newId()}`;
      const { num_pending } = await manager.consumers.add(streams.events, {
        name,
        filter_subject: subject,
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.None,
        headers_only: true,
        inactive_threshold: nanos(30_000),
      });
      try {
        const consumer = await js.consumers.get(streams.events, name);
        for (let left = num_pending; left > 0; ) {
          const page: NamedEvent[] = [];
          const pulled = await consumer.fetch({ max_messages: Math.min(pageSize, left), expires: 5000 });
          for await (const message of pulled) {
            const [, , , aggregate = '', streamId = ''] = message.subject.split('.');
            const version = Number(message.headers?.get(natsHeaders.version) || Number.NaN);
            page.push({ seq: message.seq, aggregate, streamId, version });
          }
          if (page.length === 0) {
            throw streamChanged();
          }
          left -= page.length;
          yield page;
        }
      } finally {
        await manager.consumers.delete(streams.events, name).catch(() => {});
      }
    },
  };
};
