import { join } from 'node:path';
import type { ServiceRole } from '@freight/postgres';
import type { ProgramSpec } from './childProcess.ts';
import type { DatabaseUrls } from './database.ts';
import type { LogFacts } from './logFile.ts';
import type { NatsLogin } from './servers.ts';

export const serviceKinds = ['tenants', 'jobs', 'gateway', 'workers'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

/** What all services of one platform share. */
export interface Surroundings {
  readonly root: string;
  readonly logFolder: string;
  readonly keysFolder: string;
  readonly database: DatabaseUrls;
  readonly natsUrl: string;
  readonly natsLogin: NatsLogin | undefined;
  readonly redisUrl: string;
  readonly gatewayPort: number;
  /** Hosts that connections may lead to, as the services' setting wants them. */
  readonly allowedHosts: string;
  /** Whether workers keep to the vendors' limits. */
  readonly realLimits: boolean;
  readonly logLevel: 'debug' | 'info';
  /** More settings for a kind of service; they win. */
  readonly settings: Partial<Record<ServiceKind, Readonly<Record<string, string>>>>;
}

/** Longest orderly stop, milliseconds; below the time after which the platform kills. */
export const stopTimeoutMs = 10_000;

const roles = {
  tenants: 'freight_tenants',
  jobs: 'freight_jobs',
  gateway: 'freight_gateway',
  workers: 'freight_workers',
} as const satisfies Record<ServiceKind, ServiceRole>;

/** The few variables of ours that every program needs to run at all, and the standard ones that say where telemetry goes. */
const commonEnvironment = (): Record<string, string> => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  TZ: 'UTC',
  LC_ALL: 'C.UTF-8',
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('OTEL_') && value !== undefined ? [[name, value]] : [],
    ),
  ),
});

const limitsOf = (real: boolean): Record<string, string> =>
  real
    ? {}
    : {
        FREIGHT_ATTIO_WRITES_PER_SECOND: '0',
        FREIGHT_ATTIO_READS_PER_SECOND: '0',
        FREIGHT_AFFINITY_CALLS_PER_MINUTE: '0',
      };

/** How a service logs in to a private NATS; the tenant service alone is told what subscribers' accounts are signed with. */
const natsEnvironment = (kind: ServiceKind, { natsLogin }: Surroundings): Record<string, string> =>
  natsLogin
    ? {
        FREIGHT_NATS_CREDENTIALS_FILE: natsLogin.credentials[kind],
        ...(kind === 'tenants' ? { FREIGHT_NATS_SIGNING_FILE: natsLogin.signingFile } : {}),
      }
    : {};

/** What only this kind of service is told. */
const ownEnvironment = (kind: ServiceKind, around: Surroundings, former: LogFacts): Record<string, string> => {
  const redis = { FREIGHT_REDIS_URL: around.redisUrl };
  const doors = { FREIGHT_KEYS_DIR: around.keysFolder, FREIGHT_ALLOWED_HOSTS: around.allowedHosts };
  switch (kind) {
    case 'tenants':
      return { ...redis, FREIGHT_KEYS_DIR: around.keysFolder };
    case 'jobs':
      return {};
    case 'gateway':
      return {
        ...redis,
        ...doors,
        FREIGHT_HTTP_HOST: '127.0.0.1',
        // After a restart clients must find it where it was.
        FREIGHT_HTTP_PORT: String(former.port ?? around.gatewayPort),
      };
    case 'workers':
      return { ...redis, ...doors, ...limitsOf(around.realLimits) };
  }
};

const answersReady = async (facts: LogFacts): Promise<boolean> => {
  if (facts.healthPort === undefined) return false;
  try {
    const answer = await fetch(`http://127.0.0.1:${facts.healthPort}/readyz`, { signal: AbortSignal.timeout(3_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
};

/** How to start one of the four services. @param name of this process; several workers each have their own. */
export const serviceProgram = (
  kind: ServiceKind,
  name: string,
  around: Surroundings,
  former: LogFacts,
): ProgramSpec => ({
  name,
  main: join(around.root, 'services', kind, 'src', 'main.ts'),
  cwd: around.root,
  logFile: join(around.logFolder, `${name}.log`),
  env: {
    ...commonEnvironment(),
    FREIGHT_ENVIRONMENT: 'dev',
    FREIGHT_DATABASE_URL: around.database.of(roles[kind]),
    FREIGHT_NATS_URL: around.natsUrl,
    ...natsEnvironment(kind, around),
    FREIGHT_LOG_LEVEL: around.logLevel,
    FREIGHT_HEALTH_PORT: '0',
    FREIGHT_HEALTH_HOST: '127.0.0.1',
    FREIGHT_STOP_TIMEOUT_MS: String(stopTimeoutMs),
    ...ownEnvironment(kind, around, former),
    ...around.settings[kind],
  },
  isReady: async facts => (kind !== 'gateway' || facts.port !== undefined) && answersReady(facts),
});

/** How to start the stand-ins for both CRMs. @param port 0 takes a free one. */
export const sandboxProgram = (root: string, logFolder: string, port: number, former: LogFacts): ProgramSpec => ({
  name: 'sandbox',
  main: join(root, 'packages', 'sandbox', 'src', 'main.ts'),
  cwd: root,
  logFile: join(logFolder, 'sandbox.log'),
  env: {
    ...commonEnvironment(),
    FREIGHT_SANDBOX_HOST: '127.0.0.1',
    FREIGHT_SANDBOX_PORT: former.url ? new URL(former.url).port : String(port),
    FREIGHT_SANDBOX_EXIT_WITH_STDIN: '1',
  },
  isReady: facts => Promise.resolve(facts.url !== undefined),
});
