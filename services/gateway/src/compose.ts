import { connectBus } from '@freight/bus';
import { createAsyncApi } from '@freight/contracts';
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
import { createClientAddress } from './address/clientAddress.ts';
import { askKey } from './auth/askKey.ts';
import { type Authenticate, createAuthenticator } from './auth/authenticate.ts';
import { createHasher } from './auth/hasher.ts';
import { hearRevocations } from './auth/hearRevocations.ts';
import { createKeyCache } from './auth/keyCache.ts';
import { lookUpKeys } from './auth/lookUpKeys.ts';
import { startHashRenewal } from './auth/renewHashes.ts';
import { createRevocations } from './auth/revocations.ts';
import { createStanding } from './auth/standing.ts';
import { startKeyUsage } from './auth/usage.ts';
import { startSweeper } from './commands/sweeper.ts';
import type { Config } from './config.ts';
import type { Deps } from './deps.ts';
import { createApp } from './http/app.ts';
import { createOpenApi } from './http/openapi.ts';
import { startHttp } from './http/server.ts';
import { createAllowList } from './limits/allowList.ts';
import { createRateLimit } from './limits/rateLimit.ts';
import { createTenantSettings } from './limits/tenantSettings.ts';
import { routes } from './routes/index.ts';

export { readConfig } from './config.ts';

export interface ComposeDeps {
  readonly logger: Logger;
  /** Instead of looking at keys: for the measurement of what that costs, and for nothing that a network reaches. */
  readonly authenticate?: Authenticate;
  readonly telemetry?: Telemetry;
  readonly now?: () => Date;
}

export interface GatewayService extends RunningService {
  /** Where the API answers. */
  readonly port: number;
  /** Where /healthz, /readyz and /metrics answer. */
  readonly healthPort: number;
}

const keysRememberedMax = 10_000;
const sourcesRememberedMax = 10_000;

/** Builds and starts the gateway. When a part cannot start, those that did are stopped again. */
export const compose = async (config: Config, given: ComposeDeps): Promise<GatewayService> => {
  const { logger } = given;
  const now = given.now ?? (() => new Date());
  const metrics = createMetrics();
  const stopping = new AbortController();
  // Filled from the front: what started last stops first.
  const steps: StopStep[] = [];
  const onStop = (name: string, stop: StopStep['stop']) => steps.unshift({ name, stop });
  try {
    const vault = createVault(await openKeyDirectory(config.FREIGHT_KEYS_DIR));
    const db = openDatabase({
      url: config.FREIGHT_DATABASE_URL.reveal(),
      applicationName: 'freight-gateway',
      connectionsMax: config.FREIGHT_DATABASE_POOL_MAX,
      connectionWaitMs: config.FREIGHT_DATABASE_POOL_WAIT_MS,
      onQuery: createQueryObserver({ logger, metrics, slowMs: config.FREIGHT_SLOW_QUERY_MS }),
    });
    onStop('postgres', () => db.close());
    onStop('connection gauge', watchConnections(db.connections, metrics));
    const redis = openRedis({
      url: config.FREIGHT_REDIS_URL.reveal(),
      name: 'freight-gateway',
      connectTimeoutMs: config.FREIGHT_REDIS_CONNECT_TIMEOUT_MS,
      operationsPerTenantMax: config.FREIGHT_REDIS_OPERATIONS_PER_TENANT_MAX,
      onStatus: status => logger.info({ status }, 'redis'),
    });
    onStop('redis', () => redis.close());
    onStop('telemetry', () => given.telemetry?.stop());
    const bus = await connectBus({
      url: config.FREIGHT_NATS_URL.reveal(),
      name: 'freight-gateway',
      replicas: config.FREIGHT_NATS_REPLICAS,
      onStatus: status => logger.warn({ status }, 'nats'),
    });
    onStop('nats', () => bus.close());
    await bus.ensureTopology();

    const clock = () => performance.now();
    const revocations = createRevocations({
      ask: key => askKey(db, key, clock),
      silenceMs: config.FREIGHT_REVOCATION_SILENCE_MS,
      now,
      clock,
    });
    const hearing = hearRevocations(bus, revocations, detail =>
      logger.warn({ detail }, 'a revocation is not understood'),
    );
    onStop('revocations', () => hearing.stop());

    const usage = startKeyUsage(db, error => logger.warn({ err: error }, 'the use of a key could not be written'));
    onStop('key usage', () => usage.stop());
    const sweeper = startSweeper({
      db,
      bus,
      vault,
      olderThanMs: config.FREIGHT_COMMAND_SWEEP_MS,
      onError: (error, commandId) =>
        logger.error({ err: error, commandId }, 'a pending command could not be published'),
      onPublished: commandId => logger.info({ commandId }, 'a pending command was published again'),
    });
    onStop('sweeper', () => sweeper.stop());

    const hasher = createHasher({
      cost: config.FREIGHT_BCRYPT_COST,
      concurrency: config.FREIGHT_BCRYPT_CONCURRENCY,
    });
    const hashRenewal = startHashRenewal({
      db,
      hasher,
      onError: error => logger.warn({ err: error }, "a key's hash could not be renewed"),
    });
    onStop('hash renewal', () => hashRenewal.stop());
    const deps: Deps = {
      db,
      bus,
      vault,
      hasher,
      revocations,
      logger,
      environment: config.FREIGHT_ENVIRONMENT,
      allowedHosts: config.FREIGHT_ALLOWED_HOSTS,
      commandReplyTimeoutMs: config.FREIGHT_COMMAND_REPLY_TIMEOUT_MS,
      now,
      stopping: stopping.signal,
    };
    const tenantSettings = createTenantSettings(db);
    const app = createApp({
      routes,
      pages: {
        '/': {
          name: 'Freight',
          links: {
            openapi: '/openapi.json',
            asyncapi: '/asyncapi.json',
            jobs: '/v1/jobs',
            connections: '/v1/connections',
          },
        },
        '/openapi.json': createOpenApi(routes),
        '/asyncapi.json': createAsyncApi('1'),
      },
      deps,
      clientAddress: createClientAddress({
        trustedProxies: config.FREIGHT_TRUSTED_PROXIES,
        header: config.FREIGHT_FORWARDED_HEADER,
      }),
      authenticate:
        given.authenticate ??
        createAuthenticator({
          environment: config.FREIGHT_ENVIRONMENT,
          cache: createKeyCache({ ttlMs: config.FREIGHT_KEY_CACHE_MS, entriesMax: keysRememberedMax }),
          hasher,
          revocations,
          standing: createStanding({ entriesMax: sourcesRememberedMax }),
          onVerified: (key, candidate) => hashRenewal.consider(key, candidate),
          lookUp: prefix => lookUpKeys(db, prefix),
          now,
          onVerdict: (verdict, source) => metrics.keyVerifications.inc({ verdict, source }),
        }),
      admitAddress: createAllowList(tenantSettings),
      rateLimit: createRateLimit({ redis, settings: tenantSettings }),
      bodyMaxBytes: config.FREIGHT_BODY_MAX_BYTES,
      metrics,
      onUse: (caller, at) => usage.record(caller, at),
    });
    const http = await startHttp(app, {
      host: config.FREIGHT_HTTP_HOST,
      port: config.FREIGHT_HTTP_PORT,
      // The longest that a request takes is the wait for a reply, and a little.
      stopGraceMs: config.FREIGHT_COMMAND_REPLY_TIMEOUT_MS + 2000,
    });
    onStop('http', () => http.stop());
    onStop('event streams', () => stopping.abort());

    const health = await startHealth({
      port: config.FREIGHT_HEALTH_PORT,
      host: config.FREIGHT_HEALTH_HOST,
      registry: metrics.registry,
      // Not Redis and not NATS: without them the gateway still answers, and a pod that is taken out helps nobody.
      checks: { postgres: () => db.ping() },
    });
    onStop('not ready', () => health.drain());
    // The health server answers until everything else has ended.
    steps.push({ name: 'health', stop: () => health.stop() });
    logger.info({ port: http.port, healthPort: health.port }, 'listening');
    return { port: http.port, healthPort: health.port, stopSteps: steps };
  } catch (error) {
    await runStopSteps(steps, logger);
    throw error;
  }
};
