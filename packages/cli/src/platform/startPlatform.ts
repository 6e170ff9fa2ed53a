import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceRole } from '@freight/postgres';
import { InterruptedError } from '../errors.ts';
import { createOperatorKey, type DatabaseUrls, prepareDatabase } from './database.ts';
import { type ServiceKind, type Surroundings, sandboxProgram, serviceProgram, stopTimeoutMs } from './programs.ts';
import { type ForeignServers, type PlatformServers, startPlatformServers } from './servers.ts';
import { createService, type ManagedService, type Service } from './service.ts';
import { preparePlatformTls } from './tls.ts';

export interface PlatformOptions {
  /** The project's root: where services/ and migrations/ are. */
  readonly root: string;
  /** The project's data folder; everything private is made below it. */
  readonly dir: string;
  /** Whether workers keep to the vendors' call limits. */
  readonly realLimits: boolean;
  readonly workers?: number;
  readonly jobs?: number;
  /** Whether the stand-ins for both CRMs run too. Default true. */
  readonly sandbox?: boolean;
  /** 0 takes a free one. */
  readonly gatewayPort?: number;
  /** 0 takes a free one. */
  readonly sandboxPort?: number;
  /**
   * A folder that outlives this platform, and that the next one goes on with: the private servers' data, the deployment's keys, the
   * operator's key, the logs of the last two runs. One platform at a time. Without it all that is removed at the end.
   */
  readonly keep?: string;
  readonly servers?: ForeignServers;
  /** Whether every connection is encrypted and plain ones are refused; those to the sandbox and to the health ports excepted. */
  readonly tls?: boolean;
  readonly passwords?: Partial<Record<ServiceRole, string>>;
  /** Whether an operator key is made. Default true. */
  readonly operatorKey?: boolean;
  /** See @freight/servers. Default true. */
  readonly durable?: boolean;
  readonly verbose?: boolean;
  /** More settings for a kind of service. */
  readonly settings?: Surroundings['settings'];
  /** Something that a person may want to know: a service fell over and is started again. */
  readonly onNotice?: (message: string) => void;
  /** The start has come to this step. */
  readonly onStep?: (step: string) => void;
  /** Ends the start; what was begun is put away. */
  readonly signal?: AbortSignal;
}

/** A whole platform that runs. */
export interface Platform {
  readonly urls: { readonly gateway: string; readonly sandbox: string };
  /** Empty when none was asked for, and when the database had a platform before. */
  readonly operatorKey: string;
  /** Where the operator's key is kept for this user; undefined when it is kept nowhere. */
  readonly operatorKeyFile: string | undefined;
  /** The authority's certificate that clients of the gateway have to trust; undefined where it speaks plain HTTP. */
  readonly caFile: string | undefined;
  readonly database: DatabaseUrls;
  readonly servers: PlatformServers;
  /** `tenants`, `jobs` (`jobs-2`, …), `gateway`, `workers-1`, `workers-2`, …, `sandbox`. @throws RangeError for any other name. */
  service(name: string): Service;
  readonly services: readonly Service[];
  readonly logFolder: string;
  /** Copies the logs to a place that `stop` leaves alone. @returns that place. */
  keepLogs(): string;
  /** Stops everything in order and removes what is private and not kept. Safe to call twice. */
  stop(): Promise<void>;
}

/** Longest wait for a service to stop in order, milliseconds. */
const graceMs = stopTimeoutMs + 2_000;

const named = (kind: ServiceKind, count: number, numbered: boolean): { kind: ServiceKind; name: string }[] =>
  Array.from({ length: count }, (_, i) => ({
    kind,
    name: numbered ? `${kind}-${i + 1}` : i === 0 ? kind : `${kind}-${i + 1}`,
  }));

const createKeys = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'deployment.key');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
};

/** Makes an empty folder for logs; those of the run before, where they are kept, move aside. */
const beginLogs = (folder: string): void => {
  if (existsSync(folder)) {
    rmSync(`${folder}-before`, { recursive: true, force: true });
    renameSync(folder, `${folder}-before`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
};

/**
 * Brings up servers, schema, operator key, sandbox and the four services, and waits until all are ready. When a step fails or the signal
 * comes, everything that was begun is stopped before the error is thrown; when this process is killed, its children leave by themselves.
 * @throws ServiceStartError | ServerStartError | ServerMissingError | FolderInUseError | InterruptedError
 */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const step = (text: string): void => {
    if (options.signal?.aborted) throw new InterruptedError();
    options.onStep?.(text);
  };
  const { onNotice = () => {} } = options;
  step('starting private servers');
  mkdirSync(options.dir, { recursive: true });
  const servers = await startPlatformServers(options.servers ?? {}, {
    dir: options.dir,
    durable: options.durable ?? true,
    searchPath: process.env['PATH'] ?? '',
    tls: options.tls ?? false,
    ...(options.keep === undefined ? {} : { keep: options.keep }),
    onNotice,
  }).catch((error: unknown) => {
    // Ctrl-C reaches their short-lived helpers too.
    throw options.signal?.aborted ? new InterruptedError() : error;
  });
  const folder = options.keep ?? servers.folder;
  const logFolder = join(folder, 'logs');
  const keysFolder = join(folder, 'keys');
  // In somebody else's database the operators' tenant is not ours to remember.
  const operatorKeyFile =
    options.keep === undefined || options.servers?.adminUrl ? undefined : join(options.keep, 'operator-key');
  const services: ManagedService[] = [];

  const manage = (
    name: string,
    spec: Parameters<typeof createService>[0]['spec'],
    recycles = false,
  ): ManagedService => {
    const service = createService({ name, spec, recycles, onNotice, onSpawned: pid => servers.watch(pid) });
    services.push(service);
    return service;
  };

  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    const those = (pick: (name: string) => boolean) =>
      Promise.all(services.filter(service => pick(service.name)).map(service => service.stop(graceMs)));
    // Who takes work in leaves first; who carries the truth leaves last.
    await those(name => name === 'gateway' || name.startsWith('workers'));
    await those(name => name === 'tenants' || name.startsWith('jobs'));
    await those(() => true);
    await servers.stop();
  };
  const stop = (): Promise<void> => (stopping ??= stopAll());

  const keepLogs = (): string => {
    const place = join(options.dir, 'last-logs');
    rmSync(place, { recursive: true, force: true });
    cpSync(logFolder, place, { recursive: true });
    return place;
  };

  try {
    beginLogs(logFolder);
    createKeys(keysFolder);
    const tls = await preparePlatformTls(join(folder, 'tls'), servers.authority, options.servers ?? {});
    step('preparing the database');
    const sandbox =
      options.sandbox === false
        ? undefined
        : manage('sandbox', f => sandboxProgram(options.root, logFolder, options.sandboxPort ?? 0, f));
    const [database] = await Promise.all([
      prepareDatabase(options.root, servers.adminUrl, tls.database, options.passwords),
      sandbox?.start(),
    ]);
    const sandboxUrl = sandbox?.facts.url ?? '';
    const operatorKey = options.operatorKey === false ? '' : await createOperatorKey(database, operatorKeyFile);

    step('starting the services');
    const around: Surroundings = {
      root: options.root,
      logFolder,
      keysFolder,
      database,
      natsUrl: servers.natsUrl,
      natsLogin: servers.natsLogin,
      redisUrlOf: servers.redisUrlOf,
      tlsSettingsOf: kind => tls.settingsOf(kind),
      gatewayPort: options.gatewayPort ?? 0,
      allowedHosts: allowedHosts(sandboxUrl),
      realLimits: options.realLimits,
      logLevel: options.verbose ? 'debug' : 'info',
      settings: options.settings ?? {},
    };
    const wanted = [
      ...named('tenants', 1, false),
      ...named('jobs', options.jobs ?? 1, false),
      ...named('gateway', 1, false),
      ...named('workers', options.workers ?? 2, true),
    ];
    const started = wanted.map(({ kind, name }) =>
      manage(name, former => serviceProgram(kind, name, around, former), kind === 'workers'),
    );
    await startAllOf(started, options.signal);
    if (options.signal?.aborted) throw new InterruptedError();
    const gateway = services.find(service => service.name === 'gateway');
    return {
      urls: {
        gateway: `${tls.caFile === undefined ? 'http' : 'https'}://127.0.0.1:${gateway?.facts.port ?? 0}`,
        sandbox: sandboxUrl,
      },
      operatorKey,
      operatorKeyFile: operatorKeyFile !== undefined && existsSync(operatorKeyFile) ? operatorKeyFile : undefined,
      caFile: tls.caFile,
      database,
      servers,
      services,
      service: name => {
        const service = services.find(one => one.name === name);
        if (!service)
          throw new RangeError(`There is no service ${name}; there are ${services.map(s => s.name).join(', ')}`);
        return service;
      },
      logFolder,
      keepLogs,
      stop,
    };
  } catch (error) {
    await stop();
    throw options.signal?.aborted ? new InterruptedError() : error;
  }
};

/** The vendors' own hosts and the sandbox's. */
const allowedHosts = (sandboxUrl: string): string =>
  ['api.affinity.co', 'api.attio.com', ...(sandboxUrl ? [new URL(sandboxUrl).host] : [])].join(',');

/** Starts all at once; the first failure, or the signal, ends the wait. */
const startAllOf = async (services: readonly ManagedService[], signal: AbortSignal | undefined): Promise<void> => {
  const interrupted = Promise.withResolvers<never>();
  const onAbort = () => interrupted.reject(new InterruptedError());
  signal?.addEventListener('abort', onAbort, { once: true });
  // Whoever loses the race must not count as an unhandled rejection.
  interrupted.promise.catch(() => {});
  const starts = services.map(service => service.start());
  for (const start of starts) start.catch(() => {});
  try {
    await Promise.race([Promise.all(starts), interrupted.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
};
