import { type RedisService, redisAccess, redisRules, redisUser } from '@freight/contracts';
import { createLimit, sleep } from '@freight/kernel';
import {
  type Authority,
  type NatsServer,
  type ServerName,
  type SomeServers,
  type StartOptions,
  startSomeServers,
} from '@freight/servers';

/** Servers of somebody else, to be used instead of private ones. */
export interface ForeignServers {
  /** As a role that may create tables and roles. */
  readonly adminUrl?: string | undefined;
  readonly natsUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** `FREIGHT_DATABASE_CA_FILE` and its like: the certificates for those that are reached over TLS. */
  readonly tlsFiles?: Readonly<Record<string, string>>;
}

/** Files of a private NATS: credentials for each service, and what the tenant service signs subscribers' accounts with. */
export type NatsLogin = Pick<NatsServer, 'credentials' | 'signingFile'>;

/** The three servers that a platform works with. */
export interface PlatformServers {
  readonly adminUrl: string;
  readonly natsUrl: string;
  /** How the services log in to a private NATS; undefined for somebody else's. */
  readonly natsLogin: NatsLogin | undefined;
  /** Each service's own user, unless the server is somebody else's. */
  readonly redisUrlOf: (service: RedisService) => string;
  /** Of the private servers, where connections are encrypted. */
  readonly authority: Authority | undefined;
  /** Folder of this run, removed by `stop`. */
  readonly folder: string;
  /** Where the private servers' data is. */
  readonly data: string;
  /** The private servers, for tests that kill and wipe them. */
  readonly handles: Pick<SomeServers, ServerName>;
  /** A process that must not outlive this one, however this one ends. */
  watch(pid: number): void;
  stop(): Promise<void>;
}

const redisServices = Object.keys(redisAccess) as RedisService[];

/** A private server that ended by itself is started again after this, milliseconds. */
const restartAfterMs = 500;

/**
 * Starts a private server for each that is not named, and starts it again when it ends unasked. What was started is stopped again when
 * another one fails.
 * @throws ServerStartError | ServerMissingError | FolderInUseError
 */
export const startPlatformServers = async (
  foreign: ForeignServers,
  options: StartOptions & { readonly onNotice: (message: string) => void },
): Promise<PlatformServers> => {
  const given = { postgres: foreign.adminUrl, nats: foreign.natsUrl, redis: foreign.redisUrl };
  const oneAtATime = createLimit(1);
  const over = new AbortController();
  let servers: SomeServers | undefined;

  const revive = async (name: ServerName): Promise<void> => {
    await sleep(restartAfterMs, over.signal);
    const server = servers?.[name];
    if (over.signal.aborted || !server || server.pid !== undefined) return;
    await server.restart().then(
      () => options.onNotice(`${name} runs again`),
      (error: unknown) => options.onNotice(error instanceof Error ? error.message : String(error)),
    );
  };

  servers = await startSomeServers(
    {
      ...options,
      redisUsers: Object.fromEntries(redisServices.map(one => [redisUser(one), redisRules(one)])),
      onUnexpectedExit: (message, name) => {
        options.onNotice(message);
        void oneAtATime(() => revive(name));
      },
    },
    (['postgres', 'nats', 'redis'] as const).filter(name => !given[name]),
  );
  const { postgres, nats, redis, authority, folder, data, watch, stop } = servers;
  return {
    adminUrl: given.postgres ?? postgres?.adminUrl() ?? '',
    natsUrl: given.nats ?? nats?.url ?? '',
    natsLogin: nats,
    redisUrlOf: service => given.redis ?? redis?.urlOf(redisUser(service)) ?? '',
    authority,
    folder,
    data,
    handles: { postgres, nats, redis },
    watch,
    stop: async () => {
      over.abort();
      await stop();
    },
  };
};
