import { hostname } from 'node:os';
import { connectBus } from '@freight/bus';
import { startCommandConsumer } from '@freight/commands';
import { durables, streams, subjects, workerCommands } from '@freight/contracts';
import { openRedis } from '@freight/lease';
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
import { createVault, openKeyDirectory } from '@freight/vault';
import type { Config } from './config.ts';
import { type AccountRates, createConnections } from './connections.ts';
import { createLanePlaces } from './lanes.ts';
import { createAccountPlaces } from './pipeline/context.ts';
import { createWorkerHandlers } from './testConnection.handler.ts';
import { createWorkHandler } from './workHandler.ts';

export { readConfig } from './config.ts';

export interface Deps {
  readonly logger: Logger;
  readonly telemetry?: Telemetry;
}

export interface WorkersService extends RunningService {
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

const depthEveryMs = 5000;
/** A wait for one call beyond this gives the batch back. */
const callWaitMaxMs = 2000;
/** The part of the stop's time that work at hand may take to finish before it is given back. */
const finishShare = 0.6;

/**
 * The vendors' limits as buckets. The burst is small on purpose: after a stall of this process, what it sends late comes on top of what
 * the bucket lets through, and the vendor's own burst must take both.
 */
const ratesOf = (config: Config): Readonly<Record<'affinity' | 'attio', AccountRates>> => {
  const perSecond = (rate: number) =>
    rate === 0 ? undefined : { perSecond: rate, burst: Math.max(1, Math.floor(rate / 5)) };
  const affinity = perSecond(config.FREIGHT_AFFINITY_CALLS_PER_MINUTE / 60);
  return {
    // Affinity counts reads and writes together; Freight only reads there.
    affinity: { read: affinity, write: affinity },
    attio: {
      read: perSecond(config.FREIGHT_ATTIO_READS_PER_SECOND),
      write: perSecond(config.FREIGHT_ATTIO_WRITES_PER_SECOND),
    },
  };
};

/** Builds and starts a worker. When a part cannot start, those that did are stopped again. */
export const compose = async (config: Config, deps: Deps): Promise<WorkersService> => {
  const { logger } = deps;
  const metrics = createMetrics();
  // Filled from the front: what started last stops first.
  const steps: StopStep[] = [];
  const onStop = (name: string, stop: StopStep['stop']) => steps.unshift({ name, stop });
  try {
    const vault = createVault(await openKeyDirectory(config.FREIGHT_KEYS_DIR));
    const db = openDatabase({
      url: config.FREIGHT_DATABASE_URL.reveal(),
      applicationName: 'freight-workers',
      connectionsMax: config.FREIGHT_DATABASE_POOL_MAX,
      connectionWaitMs: config.FREIGHT_DATABASE_POOL_WAIT_MS,
      onQuery: createQueryObserver({ logger, metrics, slowMs: config.FREIGHT_SLOW_QUERY_MS }),
    });
    onStop('postgres', () => db.close());
    onStop('connection gauge', watchConnections(db.connections, metrics));
    const redis = openRedis({
      url: config.FREIGHT_REDIS_URL.reveal(),
      name: 'freight-workers',
      connectTimeoutMs: config.FREIGHT_REDIS_CONNECT_TIMEOUT_MS,
      operationsPerTenantMax: config.FREIGHT_REDIS_OPERATIONS_PER_TENANT_MAX,
      onStatus: status => logger.info({ status }, 'redis'),
    });
    onStop('redis', () => redis.close());
    onStop('telemetry', () => deps.telemetry?.stop());
    const bus = await connectBus({
      url: config.FREIGHT_NATS_URL.reveal(),
      credentialsFile: config.FREIGHT_NATS_CREDENTIALS_FILE,
      service: 'workers',
      name: 'freight-workers',
      replicas: config.FREIGHT_NATS_REPLICAS,
      onStatus: status => logger.warn({ status }, 'nats'),
    });
    onStop('nats', () => bus.close());

    const connections = createConnections({
      db,
      redis,
      vault,
      allowedHosts: config.FREIGHT_ALLOWED_HOSTS,
      rates: ratesOf(config),
      waitMaxMs: callWaitMaxMs,
      callTimeoutMs: config.FREIGHT_CALL_TIMEOUT_MS,
      onCall: (system, callClass, status, seconds) =>
        metrics.crmCallSeconds.observe({ system, class: callClass, status }, seconds),
    });
    const onError = (what: string) => (error: unknown) => logger.error({ err: error }, what);
    const onHandled = (queue: string, ageMs: number, disposition: string) => {
      metrics.messagesHandled.inc({ queue, disposition });
      metrics.queueAgeSeconds.observe({ queue }, ageMs / 1000);
    };

    const commands = startCommandConsumer({
      bus,
      db,
      service: 'workers',
      schemas: workerCommands,
      handlers: createWorkerHandlers(connections),
      concurrency: config.FREIGHT_COMMAND_CONCURRENCY,
      onHandled: ({ ageMs, disposition }) => onHandled(durables.commands('workers'), ageMs, disposition),
      onError: onError('a command could not be handled'),
    });

    const giveBack = new AbortController();
    const recycled = Promise.withResolvers<void>();
    let batches = 0;
    const handle = createWorkHandler({
      db,
      redis,
      vault,
      bus,
      connections,
      accounts: createAccountPlaces(),
      logger,
      metrics,
      worker: `${hostname()}:${process.pid}`,
      leaseMs: config.FREIGHT_LEASE_MS,
      leaseMarginMs: config.FREIGHT_LEASE_MARGIN_MS,
      writesInFlight: config.FREIGHT_WRITES_IN_FLIGHT_PER_BATCH,
      extractMs: config.FREIGHT_EXTRACT_MS,
      giveBackSignal: giveBack.signal,
      onBatch: () => {
        batches++;
        if (config.FREIGHT_BATCHES_MAX > 0 && batches >= config.FREIGHT_BATCHES_MAX) recycled.resolve();
      },
    });
    const places = createLanePlaces(config.FREIGHT_PREFETCH, config.FREIGHT_LANES);
    const lanes = config.FREIGHT_LANES.map(({ lane }) =>
      bus.consume({
        stream: streams.work,
        durable: durables.work(lane),
        filter: subjects.workOfLane(lane),
        ackWaitMs: 30_000,
        ackPendingMax: 10_000,
        concurrency: config.FREIGHT_PREFETCH,
        ahead: 1,
        deliveriesMax: 20,
        destination: subject => subject.replace(/^(freight\.work\.[^.]+\.)[^.]+/, '$1{tenant}'),
        handle: delivery =>
          places.run(lane, async () => {
            const disposition = await handle(delivery);
            onHandled(durables.work(lane), delivery.ageMs, disposition.kind);
            return disposition;
          }),
        onError: onError('a work message could not be handled'),
      }),
    );
    onStop('work', async () => {
      // Batches are short: most finish. What does not in time is given back, so that nobody waits for a lease to run out.
      const timer = setTimeout(() => giveBack.abort(), config.FREIGHT_STOP_TIMEOUT_MS * finishShare);
      await Promise.all(lanes.map(lane => lane.stop()));
      clearTimeout(timer);
    });
    onStop('commands', () => commands.stop());

    const depth = setInterval(() => {
      for (const { lane } of config.FREIGHT_LANES) {
        void bus.depth(streams.work, durables.work(lane)).then(count => {
          if (count !== undefined) metrics.queueDepth.set({ queue: durables.work(lane) }, count);
        });
      }
    }, depthEveryMs);
    onStop('queue gauge', () => clearInterval(depth));

    const health = await startHealth({
      port: config.FREIGHT_HEALTH_PORT,
      host: config.FREIGHT_HEALTH_HOST,
      registry: metrics.registry,
      // Redis is not among them: a worker does its work without it.
      checks: {
        postgres: () => db.ping(),
        nats: () => (bus.isConnected() ? Promise.resolve() : Promise.reject(new Error('not connected'))),
      },
    });
    onStop('not ready', () => health.drain());
    // The health server answers until everything else has ended.
    steps.push({ name: 'health', stop: () => health.stop() });
    logger.info({ healthPort: health.port }, 'listening');
    return { healthPort: health.port, stopSteps: steps, ended: recycled.promise };
  } catch (error) {
    await runStopSteps(steps, logger);
    throw error;
  }
};
