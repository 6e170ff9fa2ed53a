import { startCommandConsumer } from '@freight/commands';
import { durables, streams, subjects, tenantCommands, toCloudEvent } from '@freight/contracts';
import { startRelay } from '@freight/eventstore';
import { readSigningKeys } from '@freight/natsauth';
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
import { openKeyDirectory, openSigner } from '@freight/vault';
import type { Config } from './config.ts';
import { startEraser } from './erasure/eraser.ts';
import { createHandlers } from './handlers.ts';
import { createRevocationLog, startRevocationHeartbeat } from './revocations.ts';
import { startSubscriptions } from './subscriptions/startSubscriptions.ts';

export { readConfig } from './config.ts';

export interface TenantsService extends RunningService {
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

const erasuresEveryMs = 1000;

/** Builds and starts the tenant service. When a part cannot start, those that did are stopped again. */
export const compose = (config: Config, deps: ServiceDeps): Promise<TenantsService> =>
  startParts('tenants', deps, async parts => {
    const { logger, metrics, onStop } = parts;
    const now = deps.now ?? (() => new Date());
    const keys = await openKeyDirectory(config.FREIGHT_KEYS_DIR);
    const db = startDatabase(parts, config);
    const redis = await startRedis(parts, config);
    const bus = await startBus(parts, config);

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
    const eraser = startEraser({
      db,
      bus,
      redis,
      keys,
      signer: await openSigner(keys),
      revocations,
      now,
      settleMs: config.FREIGHT_ERASURE_SETTLE_MS,
      endsSubscriptions: signing !== undefined,
      pollMs: erasuresEveryMs,
      onErased: tenantId => logger.info({ tenantId }, 'a tenant was erased'),
      onError: (error, tenantId) => logger.error({ err: error, tenantId }, 'an erasure could not go on'),
    });
    onStop('eraser', () => eraser.stop());
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
        now,
        revocations,
        signing,
        subscriptions,
        subscriptionsMax: config.FREIGHT_SUBSCRIPTIONS_PER_TENANT_MAX,
      }),
      concurrency: config.FREIGHT_COMMAND_CONCURRENCY,
      onHandled: handled => {
        countHandled(metrics, queue, handled);
        logger.debug({ type: handled.type, disposition: handled.disposition }, 'command handled');
        for (const head of handled.auditHeads) logger.info(head, 'audit log ends');
        relay.wake();
      },
      onError: error => logger.error({ err: error }, 'a command could not be handled'),
    });
    onStop('commands', () => commands.stop());

    watchQueues(parts, bus, streams.commands, [queue]);

    const checks = { postgres: () => db.ping(), nats: isConnected(bus) };
    return { healthPort: await startHealthDoor(parts, config, checks) };
  });
