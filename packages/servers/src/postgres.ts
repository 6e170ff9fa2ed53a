import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { giveTo } from './account.ts';
import { usablePath } from './binaries.ts';
import { ServerStartError } from './errors.ts';
import { host } from './ports.ts';
import { type Alone, type Run, type StartOptions, startAlone } from './run.ts';
import { createServerProcess, type ServerHandle, toHandle } from './serverProcess.ts';

const run = promisify(execFile);

/** The superuser of the private cluster. Services never log in as it: it makes the databases and roles that they use. */
const adminUser = 'freight_admin';

export interface PostgresServer extends ServerHandle {
  readonly user: string;
  readonly password: string;
  /** The administrator's URL of a database. Default: `postgres`, which every cluster has. */
  adminUrl(database?: string): string;
}

/** Starts a private PostgreSQL alone, in a run of its own. @throws ServerStartError | ServerMissingError */
export const startPostgres = (options: StartOptions): Promise<PostgresServer & Alone> =>
  startAlone(options, launchPostgres);

/** Makes a cluster in the run's folder and starts it. @throws ServerStartError | ServerMissingError */
export const launchPostgres = async (within: Run): Promise<PostgresServer> => {
  const program = usablePath(within.binaries.postgres);
  const home = join(within.folder, 'postgres');
  const data = join(home, 'data');
  const password = randomBytes(24).toString('base64url');
  mkdirSync(home, { mode: 0o700 });
  giveTo(home, within.account);
  await initialise(within, join(dirname(program), 'initdb'), data, password);

  const settings = settingsFor(within.durable);
  const server = createServerProcess({
    name: 'postgres',
    program,
    args: port => ['-D', data, '-p', String(port), ...settings.flatMap(setting => ['-c', setting])],
    isReady: (_port, pid) => Promise.resolve(isReady(data, pid)),
    cwd: home,
    logFile: join(within.folder, 'postgres.log'),
    account: within.account,
    guard: within.guard,
    // Fast (open transactions roll back), then immediate (as a crash, recovered at the next start).
    stopSignals: [
      { signal: 'SIGINT', waitMs: 10_000 },
      { signal: 'SIGQUIT', waitMs: 5_000 },
    ],
    onUnexpectedExit: within.onUnexpectedExit,
  });
  await server.start();
  return Object.assign(toHandle('postgres', server), {
    user: adminUser,
    password,
    adminUrl: (database = 'postgres') =>
      `postgres://${adminUser}:${password}@${host}:${server.port}/${encodeURIComponent(database)}`,
  });
};

/** Sizes: enough connections for four services at their largest pools (60 each) and the tests beside them. */
const settingsFor = (durable: boolean): readonly string[] => [
  `listen_addresses=${host}`,
  // TCP only: a socket's path may be at most 107 bytes long, which a deep project folder exceeds.
  'unix_socket_directories=',
  'max_connections=400',
  'shared_buffers=256MB',
  'wal_level=replica',
  'synchronous_commit=on',
  `fsync=${durable ? 'on' : 'off'}`,
  `full_page_writes=${durable ? 'on' : 'off'}`,
  'logging_collector=off',
  'log_line_prefix=%m [%p] ',
  // Statements hold values of tenants: the log names the error, never the text that caused it.
  'log_min_error_statement=panic',
  'timezone=UTC',
  'log_timezone=UTC',
];

/** `initdb` by the account; the password goes in by a file that only the account can read, and that is removed at once. */
const initialise = async (within: Run, initdb: string, data: string, password: string): Promise<void> => {
  const passwordFile = join(dirname(data), 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveTo(passwordFile, within.account);
  const args = [
    '-D',
    data,
    '-U',
    adminUser,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ];
  try {
    await run(initdb, within.durable ? args : [...args, '--no-sync'], {
      cwd: dirname(data),
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      ...(within.account ? { uid: within.account.uid, gid: within.account.gid } : {}),
    });
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number | string; stdout?: string; stderr?: string };
    const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n  ');
    throw new ServerStartError(`postgres: initdb failed (exit code ${code}). Its last lines:\n  ${words}`, {
      cause: error,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
};

/**
 * PostgreSQL writes its state into the eighth line of its pid file; this is what `pg_ctl -w` waits for too.
 * The pid is compared, since the file of a killed server stays behind.
 */
const isReady = (data: string, pid: number): boolean => {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
};
