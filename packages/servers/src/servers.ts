import type { Authority } from './authority.ts';
import type { ServerName } from './binaries.ts';
import { launchNats, type NatsServer } from './nats.ts';
import { launchPostgres, type PostgresServer } from './postgres.ts';
import { launchRedis, type RedisServer } from './redis.ts';
import { openRun, type Run, type StartOptions } from './run.ts';

/** Private servers in one run folder: those that were asked for. */
export interface SomeServers {
  readonly postgres: PostgresServer | undefined;
  readonly nats: NatsServer | undefined;
  readonly redis: RedisServer | undefined;
  /** The folder of this run, with the servers' logs (`postgres.log`, `nats.log`, `redis.log`). Room for more of the run's files. */
  readonly folder: string;
  /** Where PostgreSQL's and NATS's data is: below the run's folder, or where it is kept. */
  readonly data: string;
  /** The authority that their certificates come from; undefined where connections are plain. */
  readonly authority: Authority | undefined;
  /** Adds another process that must not outlive this one, however this one ends: it gets SIGTERM, and SIGKILL 3 s later. */
  watch(pid: number): void;
  /** Stops all in good order and removes the run's folder; kept data stays. Safe to call twice. */
  stop(): Promise<void>;
}

/** All three. */
export type Servers = SomeServers & {
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  readonly redis: RedisServer;
};

/**
 * Starts the named private servers on free ports of 127.0.0.1, with data and passwords of their own. Several sets may run side by side.
 * When one server fails, the others are stopped before the error is thrown.
 * @throws ServerStartError | ServerMissingError | FolderInUseError
 */
export const startSomeServers = async (options: StartOptions, names: readonly ServerName[]): Promise<SomeServers> => {
  const run = await openRun(options);
  const ifWanted = async <T>(name: ServerName, launch: (run: Run) => Promise<T>): Promise<T | undefined> =>
    names.includes(name) ? launch(run) : undefined;
  const launches = [
    ifWanted('postgres', launchPostgres),
    ifWanted('nats', launchNats),
    ifWanted('redis', launchRedis),
  ] as const;
  const stop = async () => {
    const launched = await Promise.allSettled(launches);
    await Promise.all(
      launched.map(async server => {
        if (server.status === 'fulfilled') await server.value?.stop();
      }),
    );
    await run.close();
  };
  try {
    const [postgres, nats, redis] = await Promise.all(launches);
    const watch = (pid: number) => run.guard.watch(pid, 'SIGTERM');
    return { postgres, nats, redis, folder: run.folder, data: run.data, authority: run.tls?.authority, watch, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Starts all three, see `startSomeServers`. @throws ServerStartError | ServerMissingError | FolderInUseError */
export const startServers = async (options: StartOptions): Promise<Servers> =>
  (await startSomeServers(options, ['postgres', 'nats', 'redis'])) as Servers;
