import { type NatsService, streams, streamsMadeBy, subjects } from '@freight/contracts';
import {
  AckPolicy,
  type ConsumerConfig,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

const day = 24 * 60 * 60 * 1000;

/** How many copies the streams have: 1 on a single server, 3 on a cluster. */
export interface TopologyOptions {
  readonly replicas: number;
  /** Who makes them: only what is this service's to make. Undefined: all. */
  readonly service?: NatsService | undefined;
}

/**
 * The streams. Postgres is the truth, so each may be lost and made again: commands and work are issued again, events are relayed again.
 * Only fields that nats-server 2.9 knows; newer ones are ignored there in silence.
 */
const streamConfigs = (options: TopologyOptions): readonly Partial<StreamConfig>[] =>
  [
    {
      name: streams.commands,
      subjects: [subjects.allCommands],
      retention: RetentionPolicy.Workqueue,
      max_age: nanos(day),
    },
    {
      name: streams.work,
      subjects: [subjects.allWork],
      retention: RetentionPolicy.Workqueue,
      max_age: nanos(day),
    },
    {
      name: streams.events,
      subjects: [subjects.allEvents],
      retention: RetentionPolicy.Limits,
      max_age: nanos(7 * day),
    },
    {
      name: streams.dead,
      subjects: [subjects.allDead],
      retention: RetentionPolicy.Limits,
      max_age: nanos(30 * day),
      max_bytes: 256 * 1024 * 1024,
    },
  ]
    .filter(one => options.service === undefined || streamsMadeBy[options.service].includes(one.name))
    .map(one => ({
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      num_replicas: options.replicas,
      duplicate_window: nanos(2 * 60 * 1000),
      ...one,
    }));

const streamNameInUse = 10058;

/** Makes what is missing. Safe to repeat and to run from many processes at once. */
export const ensureStreams = async (manager: JetStreamManager, options: TopologyOptions): Promise<void> => {
  for (const config of streamConfigs(options)) {
    try {
      await manager.streams.add(config as Partial<StreamConfig> & { name: string });
    } catch (error) {
      // There already, with other settings: an operator's choice (replicas, limits) that is not ours to undo.
      if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error;
    }
  }
};

export interface DurableOptions {
  readonly stream: string;
  readonly durable: string;
  readonly filter: string;
  /** After this time without an answer or a sign of progress the message is delivered again, milliseconds. */
  readonly ackWaitMs: number;
  /** Messages that may be out at once over all processes. */
  readonly ackPendingMax: number;
}

/** Makes a durable consumer if it is missing. Deliveries have no limit of the broker's: a message beyond it would become invisible. */
export const ensureDurable = async (manager: JetStreamManager, options: DurableOptions): Promise<void> => {
  const config: Partial<ConsumerConfig> = {
    durable_name: options.durable,
    filter_subject: options.filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(options.ackWaitMs),
    max_ack_pending: options.ackPendingMax,
    max_deliver: -1,
  };
  await manager.consumers.add(options.stream, config);
};
