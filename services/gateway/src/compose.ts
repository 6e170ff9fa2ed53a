import { createAsyncApi } from '@freight/contracts';
import type { RunningService } from '@freight/runtime';
import { type ServiceDeps, startBus, startDatabase, startHealthDoor, startParts, startRedis } from '@freight/service';
import { createVault, openKeyDirectory, openSigner } from '@freight/vault';
import { createClientAddress } from './address/clientAddress.ts';
import { startAuditTrail } from './audit/trail.ts';
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
import { publicUrls } from './publicUrls.ts';
import { routes } from './routes/index.ts';

export { readConfig } from './config.ts';

export interface GatewayDeps extends ServiceDeps {
  /** Instead of looking at keys: for the measurement of what that costs, and for nothing that a network reaches. */
  readonly authenticate?: Authenticate;
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
export const compose = (config: Config, given: GatewayDeps): Promise<GatewayService> =>
  startParts('gateway', given, async parts => {
    const { logger, metrics, onStop } = parts;
    const now = given.now ?? (() => new Date());
    const stopping = new AbortController();
    const keys = await openKeyDirectory(config.FREIGHT_KEYS_DIR);
    const vault = createVault(keys);
    const signer = await openSigner(keys);
    const db = startDatabase(parts, config);
    const redis = await startRedis(parts, config);
    const bus = await startBus(parts, config);
    await bus.ensureTopology();

    const clock = () => performance.now();
    const revocations = createRevocations({
      ask: key => askKey(db, key, clock),
      silenceMs: config.FREIGHT_REVOCATION_SILENCE_MS,
      now,
      clock,
    });
    const hearing = hearRevocations(bus, revocations, (subject, messages) =>
      logger.warn({ subject, messages }, 'what was said of revocations is not understood'),
    );
    onStop('revocations', () => hearing.stop());

    const usage = startKeyUsage(db, error => logger.warn({ err: error }, 'the use of a key could not be written'));
    onStop('key usage', () => usage.stop());
    const audit = startAuditTrail({
      db,
      refusalsMs: config.FREIGHT_AUDIT_REFUSALS_MS,
      strangersMs: config.FREIGHT_AUDIT_STRANGERS_MS,
      onHead: head => logger.info(head, 'audit log ends'),
      onDropped: count => metrics.auditDropped.inc(count),
      onError: error => logger.warn({ err: error }, 'refusals wait to be written into the audit log'),
    });
    onStop('audit log', () => audit.stop());
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
      natsPublicUrls: publicUrls(config.FREIGHT_NATS_PUBLIC_URL, config.FREIGHT_NATS_URL.reveal()),
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
        // Not secret: whoever is given something that Freight signed has to be able to check it.
        '/v1/signing-keys': signer.publicKeys,
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
      audit,
      onUse: (caller, at) => usage.record(caller, at),
    });
    const http = await startHttp(app, {
      host: config.FREIGHT_HTTP_HOST,
      port: config.FREIGHT_HTTP_PORT,
      // The longest that a request takes is the wait for a reply, and a little.
      stopGraceMs: config.FREIGHT_COMMAND_REPLY_TIMEOUT_MS + 2000,
      arrivalMs: config.FREIGHT_REQUEST_ARRIVAL_MS,
      stallMs: config.FREIGHT_CLIENT_STALL_MS,
      connectionsMax: config.FREIGHT_HTTP_CONNECTIONS_MAX,
    });
    onStop('http', () => http.stop());
    onStop('event streams', () => stopping.abort());

    // Not Redis and not NATS: without them the gateway still answers, and a pod that is taken out helps nobody.
    const checks = { postgres: () => db.ping() };
    const healthPort = await startHealthDoor(parts, config, checks, { port: http.port });
    return { port: http.port, healthPort };
  });
