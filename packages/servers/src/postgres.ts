import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, giveTo } from './account.ts';
import { usablePath } from './binaries.ts';
import { ServerStartError } from './errors.ts';
import type { IdentityFiles } from './identityFiles.ts';
import { host } from './ports.ts';
import { processStartedAt } from './processIdentity.ts';
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

/** Makes a cluster, or goes on with the kept one, and starts it. @throws ServerStartError | ServerMissingError */
export const launchPostgres = async (within: Run): Promise<PostgresServer> => {
  const program = usablePath(within.binaries.postgres);
  const home = join(within.data, 'postgres');
  const data = join(home, 'data');
  const isThere = existsSync(join(data, 'PG_VERSION'));
  if (!isThere) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    giveTo(home, within.account);
  }
  const password = isThere
    ? reopen(home, within.binaries.postgres.version)
    : await initialise(within, join(dirname(program), 'initdb'), home);

  const tlsFiles = await within.tls?.filesFor('postgres', home);
  const settings = [...settingsFor(within.durable), ...(tlsFiles ? tlsSettings(home, tlsFiles, within.account) : [])];
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
  return Object.assign(toHandle('postgres', server, tlsFiles), {
    user: adminUser,
    password,
    adminUrl: (database = 'postgres') =>
      `postgres://${adminUser}:${password}@${host}:${server.port}/${encodeURIComponent(database)}${tlsFiles ? '?sslmode=verify-full' : ''}`,
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

/** Connections without TLS find no line that lets them in. */
const tlsSettings = (home: string, files: IdentityFiles, account: Account | undefined): readonly string[] => {
  const rules = join(home, 'pg_hba.tls.conf');
  writeFileSync(rules, `hostssl all all ${host}/32 scram-sha-256\n`, { mode: 0o600 });
  giveTo(rules, account);
  return ['ssl=on', `ssl_cert_file=${files.cert}`, `ssl_key_file=${files.key}`, `hba_file=${rules}`];
};

/** Where the administrator's password is: only the account can read it. Without a kept cluster it is there only for `initdb`. */
const passwordFileIn = (home: string): string => join(home, 'password');

/**
 * Prepares a kept cluster for a start. The folder is locked and its servers have ended: a pid file that names a living process names
 * somebody else's, who got the number later, and would keep PostgreSQL from starting.
 * @returns the administrator's password. @throws ServerStartError when the cluster cannot be opened.
 */
const reopen = (home: string, version = ''): string => {
  const data = join(home, 'data');
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (made !== version.split('.')[0]) {
    throw new ServerStartError(
      `postgres: the data in ${data} is of version ${made}, and the server is of version ${version}. Install PostgreSQL ${made}, bring the data over with pg_upgrade, or remove ${home} to begin anew.`,
    );
  }
  const pidFile = join(data, 'postmaster.pid');
  const [pid] = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n', 1) : [];
  if (pid !== undefined && processStartedAt(Number(pid)) !== undefined) rmSync(pidFile);
  return readFileSync(passwordFileIn(home), 'utf8');
};

/** `initdb` by the account, under another name until it is done: a cluster that is there is whole. @returns the administrator's password */
const initialise = async (within: Run, initdb: string, home: string): Promise<string> => {
  const password = randomBytes(24).toString('base64url');
  const unfinished = join(home, 'data.unfinished');
  const passwordFile = passwordFileIn(home);
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600, flush: within.keeps });
  giveTo(passwordFile, within.account);
  const args = [
    '-D',
    unfinished,
    '-U',
    adminUser,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ];
  try {
    await run(initdb, within.durable ? args : [...args, '--no-sync'], {
      cwd: home,
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
    if (!within.keeps) rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, join(home, 'data'));
  return password;
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
