import { launchNats, type NatsServer } from './nats.ts';
import { launchPostgres, type PostgresServer } from './postgres.ts';
import { launchRedis, type RedisServer } from './redis.ts';
import { openRun, type StartOptions } from './run.ts';

/** One private set of servers, in one run folder. */
export interface Servers {
  readonly postgres: PostgresServer;
  readonly nats: NatsServer;
  readonly redis: RedisServer;
  /** The folder of this run, with the servers' logs (`postgres.log`, `nats.log`, `redis.log`). Room for more of the run's files. */
  readonly folder: string;
  /** Adds another process that must not outlive this one, however this one ends: it gets SIGTERM, and SIGKILL 3 s later. */
  watch(pid: number): void;
  /** Stops all three in good order and removes the run's folder. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts private PostgreSQL, nats-server and Redis on free ports of 127.0.0.1, with data and passwords of their own.
 * Several sets may run side by side. When one server fails, the others are stopped before the error is thrown.
 * @throws ServerStartError | ServerMissingError
 */
export const startServers = async (options: StartOptions): Promise<Servers> => {
  const run = await openRun(options);
  const launches = [launchPostgres(run), launchNats(run), launchRedis(run)] as const;
  const stop = async () => {
    const launched = await Promise.allSettled(launches);
    await Promise.all(
      launched.map(server => (server.status === 'fulfilled' ? server.value.stop() : Promise.resolve())),
    );
    await run.close();
  };
  try {
    const [postgres, nats, redis] = await Promise.all(launches);
    return { postgres, nats, redis, folder: run.folder, watch: pid => run.guard.watch(pid, 'SIGTERM'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
