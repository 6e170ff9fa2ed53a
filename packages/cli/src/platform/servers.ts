import { type StartOptions, startNats, startPostgres, startRedis, startServers } from '@freight/servers';

/** Servers of somebody else, to be used instead of private ones. */
export interface ForeignServers {
  /** As a role that may create tables and roles. */
  readonly adminUrl?: string | undefined;
  readonly natsUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
}

/** The three servers that a platform works with. */
export interface PlatformServers {
  readonly adminUrl: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
  /** Folder of the private servers' run, removed by `stop`; undefined when all servers are somebody else's. */
  readonly folder: string | undefined;
  /** The private servers, for tests that kill and wipe them. */
  readonly handles: Partial<Pick<Awaited<ReturnType<typeof startServers>>, 'postgres' | 'nats' | 'redis'>>;
  /** A process that must not outlive this one, however this one ends. */
  watch(pid: number): void;
  stop(): Promise<void>;
}

/**
 * Starts a private server for each that is not named. What was started is stopped again when another one fails.
 * @throws ServerStartError | ServerMissingError
 */
export const startPlatformServers = async (
  foreign: ForeignServers,
  options: StartOptions,
): Promise<PlatformServers> => {
  if (!foreign.adminUrl && !foreign.natsUrl && !foreign.redisUrl) {
    const servers = await startServers(options);
    return {
      adminUrl: servers.postgres.adminUrl(),
      natsUrl: servers.nats.url,
      redisUrl: servers.redis.url,
      folder: servers.folder,
      handles: servers,
      watch: pid => servers.watch(pid),
      stop: () => servers.stop(),
    };
  }
  const [postgres, nats, redis] = await Promise.allSettled([
    foreign.adminUrl ? undefined : startPostgres(options),
    foreign.natsUrl ? undefined : startNats(options),
    foreign.redisUrl ? undefined : startRedis(options),
  ]);
  const stop = async (): Promise<void> => {
    const started = [postgres, nats, redis].flatMap(server =>
      server.status === 'fulfilled' ? (server.value ?? []) : [],
    );
    await Promise.all(started.map(server => server.close()));
  };
  if (postgres.status !== 'fulfilled' || nats.status !== 'fulfilled' || redis.status !== 'fulfilled') {
    await stop();
    const reason: unknown = [postgres, nats, redis].flatMap(one => (one.status === 'rejected' ? [one.reason] : []))[0];
    throw reason instanceof Error ? reason : new Error(String(reason));
  }
  return {
    adminUrl: foreign.adminUrl ?? postgres.value?.adminUrl() ?? '',
    natsUrl: foreign.natsUrl ?? nats.value?.url ?? '',
    redisUrl: foreign.redisUrl ?? redis.value?.url ?? '',
    folder: undefined,
    handles: {
      ...(postgres.value ? { postgres: postgres.value } : {}),
      ...(nats.value ? { nats: nats.value } : {}),
      ...(redis.value ? { redis: redis.value } : {}),
    },
    // The services notice by themselves: see exitWithParent.ts.
    watch: () => {},
    stop,
  };
};
