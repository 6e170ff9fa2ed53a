import { hostname } from 'node:os';
import { startCommandConsumer } from '@freight/commands';
import { durables, streams, subjects, workerCommands } from '@freight/contracts';
import type { RunningService } from '@freight/runtime';
import {
  countHandled,
  isConnected,
  type ServiceDeps,
  startBus,
  startDatabase,
  startHealthDoor,
  startParts,
  startRedis,
  watchQueues,
} from '@freight/service';
import { createVault, openKeyDirectory } from '@freight/vault';
import type { Config } from './config.ts';
import { type AccountRates, createConnections } from './connections.ts';
import { createWorkerHandlers } from './handlers.ts';
import { createLanePlaces } from './lanes.ts';
import { createAgreements } from './pipeline/agreement.ts';
import { createAccountPlaces } from './pipeline/context.ts';
import { createWorkHandler } from './workHandler.ts';

export { readConfig } from './config.ts';

export interface WorkersService extends RunningService {
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

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
export const compose = (config: Config, deps: ServiceDeps): Promise<WorkersService> =>
  startParts('workers', deps, async parts => {
    const { logger, metrics, onStop } = parts;
    const vault = createVault(await openKeyDirectory(config.FREIGHT_KEYS_DIR));
    const db = startDatabase(parts, config);
    const redis = await startRedis(parts, config);
    const bus = await startBus(parts, config);

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

    const commands = startCommandConsumer({
      bus,
      db,
      service: 'workers',
      schemas: workerCommands,
      handlers: createWorkerHandlers({ connections, vault, now: () => new Date() }),
      concurrency: config.FREIGHT_COMMAND_CONCURRENCY,
      onHandled: handled => {
        countHandled(metrics, durables.commands('workers'), handled);
        for (const head of handled.auditHeads) logger.info(head, 'audit log ends');
      },
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
      agreements: createAgreements(),
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
            countHandled(metrics, durables.work(lane), { ageMs: delivery.ageMs, disposition: disposition.kind });
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

    watchQueues(
      parts,
      bus,
      streams.work,
      config.FREIGHT_LANES.map(({ lane }) => durables.work(lane)),
    );

    // Redis is not among them: a worker does its work without it.
    const checks = { postgres: () => db.ping(), nats: isConnected(bus) };
    return { healthPort: await startHealthDoor(parts, config, checks), ended: recycled.promise };
  });
