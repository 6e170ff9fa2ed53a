import { connectBus } from '@freight/bus';
import { startCommandConsumer } from '@freight/commands';
import { durables, streams, subjects, tenantCommands, toCloudEvent } from '@freight/contracts';
import { startRelay } from '@freight/eventstore';
import { readSigningKeys } from '@freight/natsauth';
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
import { createHandlers } from './handlers.ts';
import { createRevocationLog, startRevocationHeartbeat } from './revocations.ts';
import { startSubscriptions } from './subscriptions/startSubscriptions.ts';

export { readConfig } from './config.ts';

export interface Deps {
  readonly logger: Logger;
  readonly telemetry?: Telemetry;
  readonly now?: () => Date;
}

export interface TenantsService extends RunningService {
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

const depthEveryMs = 5000;

/** Builds and starts the tenant service. When a part cannot start, those that did are stopped again. */
export const compose = async (config: Config, deps: Deps): Promise<TenantsService> => {
  const { logger } = deps;
  const metrics = createMetrics();
  // Filled from the front: what started last stops first.
  const steps: StopStep[] = [];
  const onStop = (name: string, stop: StopStep['stop']) => steps.unshift({ name, stop });
  try {
    const db = openDatabase({
      url: config.FREIGHT_DATABASE_URL.reveal(),
      applicationName: 'freight-tenants',
      connectionsMax: config.FREIGHT_DATABASE_POOL_MAX,
      connectionWaitMs: config.FREIGHT_DATABASE_POOL_WAIT_MS,
      onQuery: createQueryObserver({ logger, metrics, slowMs: config.FREIGHT_SLOW_QUERY_MS }),
    });
    onStop('postgres', () => db.close());
    onStop('connection gauge', watchConnections(db.connections, metrics));
    onStop('telemetry', () => deps.telemetry?.stop());

    const bus = await connectBus({
      url: config.FREIGHT_NATS_URL.reveal(),
      credentialsFile: config.FREIGHT_NATS_CREDENTIALS_FILE,
      service: 'tenants',
      name: 'freight-tenants',
      replicas: config.FREIGHT_NATS_REPLICAS,
      onStatus: status => logger.warn({ status }, 'nats'),
    });
    onStop('nats', () => bus.close());

    const relay = startRelay({
      db,
      log: 'tenant',
      publish: event => bus.publishEvent('tenants', toCloudEvent('tenants', event), event.streamId),
      streamCreatedAt: () => bus.eventsCreatedAt(),
      onError: error => logger.error({ err: error }, 'the relay could not send'),
      onRound: round => metrics.relayLagSeconds.set({ log: 'tenant' }, round.lagSeconds),
    });
    onStop('relay', () => relay.stop());

    const revocations = createRevocationLog(db, notice => bus.broadcast(subjects.revoked(notice.tenantId), notice));
    const heartbeat = startRevocationHeartbeat({
      db,
      send: beat => {
        // What would wait for a connection is old when it arrives.
        if (bus.isConnected()) bus.broadcast(subjects.revocationHeartbeat, beat);
      },
      everyMs: config.FREIGHT_REVOCATION_HEARTBEAT_MS,
      onError: error => logger.warn({ err: error }, 'the count of revocations could not be read'),
    });
    onStop('revocation heartbeat', () => heartbeat.stop());

    const signing = readSigningKeys(config.FREIGHT_NATS_SIGNING_FILE);
    const subscriptions =
      signing &&
      (await startSubscriptions({
        db: revocations.db,
        bus,
        natsUrl: config.FREIGHT_NATS_URL.reveal(),
        signing,
        onError: error => logger.error({ err: error }, 'the broker could not be told of subscriptions'),
      }));
    onStop('subscriptions', () => subscriptions?.stop());

    const queue = durables.commands('tenants');
    const commands = startCommandConsumer({
      bus,
      db: subscriptions?.db ?? revocations.db,
      service: 'tenants',
      schemas: tenantCommands,
      handlers: createHandlers({
        db,
        now: deps.now ?? (() => new Date()),
        revocations,
        signing,
        subscriptions,
        subscriptionsMax: config.FREIGHT_SUBSCRIPTIONS_PER_TENANT_MAX,
      }),
      concurrency: config.FREIGHT_COMMAND_CONCURRENCY,
      onHandled: ({ type, ageMs, disposition }) => {
        metrics.messagesHandled.inc({ queue, disposition });
        metrics.queueAgeSeconds.observe({ queue }, ageMs / 1000);
        logger.debug({ type, disposition }, 'command handled');
        relay.wake();
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
