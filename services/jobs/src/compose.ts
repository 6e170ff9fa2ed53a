import { parseMessage } from '@freight/bus';
import { startCommandConsumer } from '@freight/commands';
import { durables, jobCommands, resultMessage, streams, subjects, toCloudEvent } from '@freight/contracts';
import { startRelay } from '@freight/eventstore';
import type { RunningService } from '@freight/runtime';
import {
  countHandled,
  isConnected,
  type ServiceDeps,
  startBus,
  startDatabase,
  startHealthDoor,
  startParts,
  watchQueues,
} from '@freight/service';
import type { Config } from './config.ts';
import { startDispatcher } from './dispatch/dispatcher.ts';
import { createJobHandlers } from './handlers/jobCommands.handler.ts';
import { startRetention } from './retention/sweeper.ts';

export { readConfig } from './config.ts';

export interface JobsService extends RunningService {
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

const queue = durables.commands('jobs');
/** A guess: some milliseconds a transaction. */
const rowsRemovedAtOnce = 1000;
/** What is no result is parked; of a flood, so many at once: nothing holds such messages back, and each is kept in memory until it is stored. */
const parkedAtOnceMax = 32;

/** Builds and starts the job service. When a part cannot start, those that did are stopped again. */
export const compose = (config: Config, deps: ServiceDeps): Promise<JobsService> =>
  startParts('jobs', deps, async parts => {
    const { logger, metrics, onStop } = parts;
    const now = deps.now ?? (() => new Date());
    const db = startDatabase(parts, config);
    const bus = await startBus(parts, config);

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

    const retention = startRetention({
      db,
      defaultDays: config.FREIGHT_RETENTION_DAYS,
      everyMs: config.FREIGHT_RETENTION_SWEEP_MS,
      rowsPerTransaction: rowsRemovedAtOnce,
      onRemoved: (table, rows) => metrics.rowsRemoved.inc({ table }, rows),
      onError: (error, tenantId) => logger.error({ err: error, tenantId }, 'old rows could not be removed'),
    });
    onStop('retention', () => retention.stop());

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
      onHandled: handled => {
        countHandled(metrics, queue, handled);
        logger.debug({ type: handled.type, disposition: handled.disposition }, 'command handled');
        for (const head of handled.auditHeads) logger.info(head, 'audit log ends');
      },
      onError: error => logger.error({ err: error }, 'a command could not be handled'),
    });
    onStop('commands', () => commands.stop());

    watchQueues(parts, bus, streams.commands, [queue]);

    const checks = { postgres: () => db.ping(), nats: isConnected(bus) };
    return { healthPort: await startHealthDoor(parts, config, checks) };
  });
