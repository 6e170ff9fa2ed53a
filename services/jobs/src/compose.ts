import { connectBus, parseMessage } from '@freight/bus';
import { startCommandConsumer } from '@freight/commands';
import { jobCommands, resultMessage, streams, subjects, toCloudEvent } from '@freight/contracts';
import { startRelay } from '@freight/eventstore';
import { openDatabase } from '@freight/postgres';
import {
  createMetrics,
  createQueryObserver,
  type Logger,
  type RunningService,
  runStopSteps,
  type StopStep,
  startHealth,
  type Telemetry,
  watchConnections,
} from '@freight/runtime';
import type { Config } from './config.ts';
import { startDispatcher } from './dispatch/dispatcher.ts';
import { createJobHandlers } from './handlers/jobCommands.handler.ts';

export { readConfig } from './config.ts';

export interface Deps {
  readonly logger: Logger;
  readonly telemetry?: Telemetry;
  readonly now?: () => Date;
}

export interface JobsService extends RunningService {
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

const queue = 'commands-jobs';
const depthEveryMs = 5000;
/** What is no result is parked; of a flood, so many at once: nothing holds such messages back, and each is kept in memory until it is stored. */
const parkedAtOnceMax = 32;

/** Builds and starts the job service. When a part cannot start, those that did are stopped again. */
export const compose = async (config: Config, deps: Deps): Promise<JobsService> => {
  const { logger } = deps;
  const now = deps.now ?? (() => new Date());
  const metrics = createMetrics();
  // Filled from the front: what started last stops first.
  const steps: StopStep[] = [];
  const onStop = (name: string, stop: StopStep['stop']) => steps.unshift({ name, stop });
  try {
    const db = openDatabase({
      url: config.FREIGHT_DATABASE_URL.reveal(),
      applicationName: 'freight-jobs',
      connectionsMax: config.FREIGHT_DATABASE_POOL_MAX,
      connectionWaitMs: config.FREIGHT_DATABASE_POOL_WAIT_MS,
      onQuery: createQueryObserver({ logger, metrics, slowMs: config.FREIGHT_SLOW_QUERY_MS }),
    });
    onStop('postgres', () => db.close());
    onStop('connection gauge', watchConnections(db.connections, metrics));
    onStop('telemetry', () => deps.telemetry?.stop());

    const bus = await connectBus({
      url: config.FREIGHT_NATS_URL.reveal(),
      name: 'freight-jobs',
      replicas: config.FREIGHT_NATS_REPLICAS,
      onStatus: status => logger.warn({ status }, 'nats'),
    });
    onStop('nats', () => bus.close());

    const relay = startRelay({
      db,
      log: 'job',
      publish: event => bus.publishEvent('jobs', toCloudEvent('jobs', event), event.streamId),
      streamCreatedAt: () => bus.eventsCreatedAt(),
      onError: error => logger.error({ err: error }, 'the relay could not send'),
      onRound: round => metrics.relayLagSeconds.set({ log: 'job' }, round.lagSeconds),
    });
    onStop('relay', () => relay.stop());

    const dispatcher = startDispatcher({
      db,
      bus,
      now,
      pollMs: config.FREIGHT_DISPATCH_POLL_MS,
      reissueAfterMs: config.FREIGHT_REISSUE_AFTER_MS,
      batchesPerJobMax: config.FREIGHT_BATCHES_PER_JOB_MAX,
      recordsPerBatch: config.FREIGHT_RECORDS_PER_BATCH,
      passesMax: config.FREIGHT_EXTRACTION_PASSES_MAX,
      attemptsMax: config.FREIGHT_BATCH_ATTEMPTS_MAX,
      onError: (error, what) => logger.error({ err: error, what }, 'the dispatcher met an error'),
    });
    onStop('dispatcher', () => dispatcher.stop());
    const wake = () => {
      dispatcher.wake();
      relay.wake();
    };

    // Every job service is woken, since any of them may lead; what is no result is parked by one of them.
    const wakes = bus.subscribe(subjects.allResults, undefined, message => {
      if (parseMessage(message.data, resultMessage).ok) wake();
      return Promise.resolve();
    });
    onStop('wakes', () => wakes.stop());
    let parking = 0;
    const refused = bus.subscribe(subjects.allResults, 'jobs', async message => {
      const parsed = parseMessage(message.data, resultMessage);
      if (parsed.ok || parsed.error.kind !== 'dead' || parking >= parkedAtOnceMax) return;
      parking++;
      try {
        await bus.putDead(message, 'results', parsed.error.reason, parsed.error.detail);
      } finally {
        parking--;
      }
    });
    onStop('refused results', () => refused.stop());

    const commands = startCommandConsumer({
      bus,
      db,
      service: 'jobs',
      schemas: jobCommands,
      handlers: createJobHandlers({ now, wake }),
      concurrency: config.FREIGHT_COMMAND_CONCURRENCY,
      onHandled: ({ type, ageMs, disposition }) => {
        metrics.messagesHandled.inc({ queue, disposition });
        metrics.queueAgeSeconds.observe({ queue }, ageMs / 1000);
        logger.debug({ type, disposition }, 'command handled');
      },
      onError: error => logger.error({ err: error }, 'a command could not be handled'),
    });
    onStop('commands', () => commands.stop());

    const depth = setInterval(() => {
      void bus.depth(streams.commands, queue).then(count => {
        if (count !== undefined) metrics.queueDepth.set({ queue }, count);
      });
    }, depthEveryMs);
    onStop('queue gauge', () => clearInterval(depth));

    const health = await startHealth({
      port: config.FREIGHT_HEALTH_PORT,
      host: config.FREIGHT_HEALTH_HOST,
      registry: metrics.registry,
      checks: {
        postgres: () => db.ping(),
        nats: () => (bus.isConnected() ? Promise.resolve() : Promise.reject(new Error('not connected'))),
      },
    });
    onStop('not ready', () => health.drain());
    // The health server answers until everything else has ended.
    steps.push({ name: 'health', stop: () => health.stop() });
    logger.info({ healthPort: health.port }, 'listening');
    return { healthPort: health.port, stopSteps: steps };
  } catch (error) {
    await runStopSteps(steps, logger);
    throw error;
  }
};
