import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveTo } from './account.ts';
import { usablePath } from './binaries.ts';
import { answers, host } from './ports.ts';
import { type Alone, type Run, type StartOptions, startAlone } from './run.ts';
import { createServerProcess, type ServerHandle, toHandle } from './serverProcess.ts';

export interface RedisServer extends ServerHandle {
  readonly url: string;
  readonly password: string;
  /** Starts it again with nothing in it, on the same port. */
  wipe(): Promise<void>;
}

/** Starts a private Redis alone, in a run of its own. @throws ServerStartError | ServerMissingError */
export const startRedis = (options: StartOptions): Promise<RedisServer & Alone> => startAlone(options, launchRedis);

/** Starts redis-server in the run's folder. It keeps nothing on disk: Freight keeps nothing in Redis that cannot be lost. @throws ServerStartError | ServerMissingError */
export const launchRedis = async (run: Run): Promise<RedisServer> => {
  const program = usablePath(run.binaries.redis);
  const home = join(run.folder, 'redis');
  const config = join(home, 'redis.conf');
  const password = randomBytes(24).toString('base64url');
  mkdirSync(home, { mode: 0o700 });
  giveTo(home, run.account);

  const server = createServerProcess({
    name: 'redis',
    program,
    args: () => [config],
    prepare: port => {
      // A file and not arguments: arguments, and the password with them, are open to every user of the machine.
      writeFileSync(config, configText({ port, home, password }), { mode: 0o600 });
      giveTo(config, run.account);
    },
    isReady: port => answers(port, `AUTH ${password}\r\nPING\r\n`, /\+PONG\r\n/),
    cwd: home,
    logFile: join(run.folder, 'redis.log'),
    account: run.account,
    guard: run.guard,
    stopSignals: [{ signal: 'SIGTERM', waitMs: 5_000 }],
    onUnexpectedExit: run.onUnexpectedExit,
  });
  await server.start();
  return Object.assign(toHandle('redis', server), {
    url: `redis://:${password}@${host}:${server.port}`,
    password,
    wipe: () => server.restart(),
  });
};

/** `set-proc-title no` keeps the configuration's path in the command line, by which left-over servers are found. */
const configText = (values: { readonly port: number; readonly home: string; readonly password: string }): string => `
bind ${host}
port ${values.port}
dir ${JSON.stringify(values.home)}
requirepass ${values.password}
daemonize no
save ""
appendonly no
set-proc-title no
`;
