/**
 * A gateway and a tenant service in this process, over the run's Postgres and Redis and a nats-server of their own: streams and durables
 * have fixed names, so that two test files on one broker would take each other's commands.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bus, connectBus } from '@freight/bus';
import { type CommandHandlers, startCommandConsumer } from '@freight/commands';
import { generateApiKey, jobCommands, parseApiKey } from '@freight/contracts';
import {
  compose as composeGateway,
  type GatewayService,
  readConfig as readGatewayConfig,
} from '@freight/gateway/compose';
import { newId, sleep } from '@freight/kernel';
import { createLogger, runStopSteps } from '@freight/runtime';
import { type NatsServer, startNats } from '@freight/servers';
import { bootstrapPlatform } from '@freight/tenants/bootstrap';
import { compose as composeTenants, readConfig as readTenantsConfig } from '@freight/tenants/compose';
import { createVault, openKeyDirectory, type Vault } from '@freight/vault';
import { hash } from '@node-rs/bcrypt';
import { inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { createKeysDir } from '../harness/keys.ts';

export interface Api {
  readonly url: string;
  call(
    method: string,
    path: string,
    options?: { key?: string; body?: unknown; headers?: Record<string, string> },
    // oxlint-disable-next-line typescript/no-explicit-any -- what a body holds is what the tests find out
  ): Promise<{ status: number; headers: Headers; body: any; text: string }>;
}

export interface GatewayFixture {
  readonly database: TestDatabase;
  readonly nats: NatsServer;
  readonly vault: Vault;
  readonly keysDir: string;
  readonly operatorKey: string;
  readonly api: Api;
  readonly gateway: GatewayService;
  /** Everything that the services logged. */
  readonly logs: string[];
  readonly bus: Bus;
  /** Another gateway over the same servers. */
  another(env: Record<string, string>): Promise<{ api: Api; stop(): Promise<void> }>;
  /** A tenant with its first key. */
  tenant(settings?: object): Promise<{ id: string; key: string }>;
  /** Takes the job service's commands. */
  answerJobs(handlers: CommandHandlers<typeof jobCommands>): { stop(): Promise<void> };
  /** Stores a key as the tenant service would, whatever it may do. */
  storeKey(tenantId: string, key: { scopes?: string[]; expiresAt?: Date }): Promise<string>;
  stopTenants(): Promise<void>;
  startTenants(more?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

const createApi = (url: string): Api => ({
  url,
  call: async (method, path, options = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  },
});

export const startGatewayFixture = async (env: Record<string, string> = {}): Promise<GatewayFixture> => {
  const servers = inject('servers');
  const database = await createTestDatabase();
  const keysDir = await createKeysDir();
  const nats = await startNats({ dir: join(import.meta.dirname, '../../.freight'), durable: false });

  const operatorKey = generateApiKey('test');
  const made = async (key: string) => ({
    keyId: newId(),
    prefix: parseApiKey(key)?.prefix ?? '',
    hash: await hash(key, { cost: 4 }),
  });
  await bootstrapPlatform(database.open('freight_tenants'), await made(operatorKey), new Date());

  const logs: string[] = [];
  const logger = createLogger({ service: 'test', level: 'debug', destination: { write: line => logs.push(line) } });
  const common = (service: 'gateway' | 'tenants') => ({
    FREIGHT_ENVIRONMENT: 'test',
    FREIGHT_DATABASE_URL: database.url(`freight_${service}`),
    FREIGHT_DATABASE_POOL_MAX: '10',
    FREIGHT_NATS_URL: nats.url,
    FREIGHT_NATS_CREDENTIALS_FILE: nats.credentials[service],
    FREIGHT_HEALTH_PORT: '0',
    FREIGHT_HEALTH_HOST: '127.0.0.1',
  });
  const gatewayEnv = {
    ...common('gateway'),
    FREIGHT_REDIS_URL: servers.redisUrl,
    FREIGHT_KEYS_DIR: keysDir,
    FREIGHT_HTTP_PORT: '0',
    FREIGHT_HTTP_HOST: '127.0.0.1',
    FREIGHT_BCRYPT_COST: '4',
    FREIGHT_COMMAND_SWEEP_MS: '200',
    ...env,
  };
  const tenantsConfig = (more: Record<string, string> = {}) =>
    readTenantsConfig({
      ...common('tenants'),
      FREIGHT_REDIS_URL: servers.redisUrl,
      FREIGHT_KEYS_DIR: keysDir,
      FREIGHT_ERASURE_SETTLE_MS: '500',
      FREIGHT_NATS_SIGNING_FILE: nats.signingFile,
      ...more,
    });
  let tenants = await composeTenants(tenantsConfig(), { logger });
  const gateway = await composeGateway(readGatewayConfig(gatewayEnv), { logger });
  const api = createApi(`http://127.0.0.1:${gateway.port}`);
  const bus = await connectBus({
    url: nats.url,
    // Replies come to the gateway's inbox, and to no other.
    service: 'gateway',
    credentialsFile: nats.credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });

  const fixture: GatewayFixture = {
    database,
    nats,
    vault: createVault(await openKeyDirectory(keysDir)),
    keysDir,
    operatorKey,
    api,
    gateway,
    logs,
    bus,
    another: async more => {
      const other = await composeGateway(readGatewayConfig({ ...gatewayEnv, ...more }), { logger });
      return {
        api: createApi(`http://127.0.0.1:${other.port}`),
        stop: () => runStopSteps(other.stopSteps, logger),
      };
    },
    tenant: async settings => {
      const slug = `t-${newId().slice(-12)}`;
      const answer = await api.call('POST', '/v1/tenants', {
        key: operatorKey,
        body: { name: slug, slug, ...(settings === undefined ? {} : { settings }) },
      });
      if (answer.status !== 201) throw new Error(`no tenant: ${answer.text}`);
      return { id: answer.body.tenant.id, key: answer.body.apiKey.secret };
    },
    answerJobs: handlers =>
      startCommandConsumer({
        bus,
        db: database.open('freight_jobs'),
        service: 'jobs',
        schemas: jobCommands,
        handlers,
        concurrency: 4,
        onHandled: () => {},
        onError: () => {},
      }),
    storeKey: async (tenantId, { scopes = ['read', 'write'], expiresAt }) => {
      const key = generateApiKey('test');
      const facts = await made(key);
      await database.admin`insert into api_key_hashes (tenant_id, key_id, hash) values (${tenantId}, ${facts.keyId}, ${facts.hash})`;
      await database.admin`
        insert into api_keys (tenant_id, id, prefix, label, scopes, expires_at, created_at)
        values (${tenantId}, ${facts.keyId}, ${facts.prefix}, 'test', ${scopes}, ${expiresAt ?? null}, now())`;
      return key;
    },
    stopTenants: () => runStopSteps(tenants.stopSteps, logger),
    startTenants: async more => {
      tenants = await composeTenants(tenantsConfig(more), { logger });
    },
    stop: async () => {
      await runStopSteps(gateway.stopSteps, logger);
      await runStopSteps(tenants.stopSteps, logger);
      await bus.close();
      await nats.stop();
      await ('close' in nats ? (nats as { close(): Promise<void> }).close() : Promise.resolve());
      await database.drop();
      await rm(keysDir, { recursive: true, force: true });
    },
  };
  return fixture;
};

/** Waits for something to become true. */
export const until = async (what: string, condition: () => Promise<boolean> | boolean, withinMs = 10_000) => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await sleep(25);
  }
};

/** A job as the job service would have stored it. */
export const insertJob = async (
  database: TestDatabase,
  tenantId: string,
  job: { id?: string; runId?: string | null; status?: string; createdAt?: Date; deleted?: boolean } = {},
): Promise<string> => {
  const id = job.id ?? newId();
  const at = job.createdAt ?? new Date();
  await database.admin`
    insert into migration_jobs (tenant_id, id, name, source_connection_id, target_connection_id, source_system, target_system, status,
      run_id, config, objects, created_at, updated_at, deleted_at, version)
    values (${tenantId}, ${id}, 'A job', ${newId()}, ${newId()}, 'affinity', 'attio', ${job.status ?? 'created'},
      ${job.runId ?? null}, ${database.admin.json({
        objects: ['organizations'],
        policies: {
          organizations: { same: 'key_and_name', existing: 'match_and_fill_empty' },
          persons: { same: 'key_and_name', existing: 'match_and_fill_empty' },
        },
        lane: 'default',
      })}, '{}', ${at}, ${at}, ${job.deleted ? at : null}, 3)`;
  return id;
};

/** An event in a job's log. */
export const insertJobEvent = (
  database: TestDatabase,
  tenantId: string,
  jobId: string,
  version: number,
  type = 'phase-started',
) =>
  database.admin`
    insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
    values (${tenantId}, ${jobId}, ${version}, ${newId()}, ${type}, '{"n":1}', '{}', now())`;
