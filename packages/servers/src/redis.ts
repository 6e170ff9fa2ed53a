import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveTo } from './account.ts';
import { usablePath } from './binaries.ts';
import type { IdentityFiles } from './identityFiles.ts';
import { answers, host } from './ports.ts';
import { type Alone, type Run, type StartOptions, startAlone } from './run.ts';
import { createServerProcess, type ServerHandle, toHandle } from './serverProcess.ts';

export interface RedisServer extends ServerHandle {
  /** The administrator's address, who may do everything. No service gets it. */
  readonly url: string;
  /** The address of one of the users that it was started with. @throws RangeError for any other name. */
  urlOf(user: string): string;
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
  const users = join(home, 'users.acl');
  mkdirSync(home, { mode: 0o700 });
  giveTo(home, run.account);
  const tlsFiles = await run.tls?.filesFor('redis', home);
  const passwords = new Map(
    [adminUser, ...Object.keys(run.redisUsers)].map(user => [user, randomBytes(24).toString('base64url')]),
  );
  const rules = { [adminUser]: ['~*', '&*', '+@all'], ...run.redisUsers };
  writeFileSync(users, usersText(passwords, rules), { mode: 0o600 });
  giveTo(users, run.account);

  const server = createServerProcess({
    name: 'redis',
    program,
    args: () => [config],
    prepare: port => {
      // A file and not arguments: arguments, and the password with them, are open to every user of the machine.
      writeFileSync(config, configText({ port, home, users, tls: tlsFiles }), { mode: 0o600 });
      giveTo(config, run.account);
    },
    isReady: port =>
      answers(port, `AUTH ${adminUser} ${passwords.get(adminUser)}\r\nPING\r\n`, /\+PONG\r\n/, run.tls?.probe),
    cwd: home,
    logFile: join(run.folder, 'redis.log'),
    account: run.account,
    guard: run.guard,
    stopSignals: [{ signal: 'SIGTERM', waitMs: 5_000 }],
    onUnexpectedExit: run.onUnexpectedExit,
  });
  await server.start();
  const urlOf = (user: string): string => {
    const password = passwords.get(user);
    if (password === undefined) throw new RangeError(`There is no Redis user ${user}`);
    return `${tlsFiles ? 'rediss' : 'redis'}://${user}:${password}@${host}:${server.port}`;
  };
  return Object.assign(toHandle('redis', server, tlsFiles), {
    url: urlOf(adminUser),
    urlOf,
    wipe: () => server.restart(),
  });
};

const adminUser = 'freight-admin';

/** One line a user, with the digest of its password. Nobody comes in without a name. */
const usersText = (
  passwords: ReadonlyMap<string, string>,
  rules: Readonly<Record<string, readonly string[]>>,
): string =>
  [
    'user default off',
    ...[...passwords].map(([user, password]) =>
      ['user', user, 'on', `#${createHash('sha256').update(password).digest('hex')}`, ...(rules[user] ?? [])].join(' '),
    ),
    '',
  ].join('\n');

interface ConfigValues {
  readonly port: number;
  readonly home: string;
  readonly users: string;
  readonly tls: IdentityFiles | undefined;
}

/** Port 0: no plain door beside the encrypted one. */
const tlsText = (port: number, files: IdentityFiles): string => `
port 0
tls-port ${port}
tls-cert-file ${JSON.stringify(files.cert)}
tls-key-file ${JSON.stringify(files.key)}
tls-ca-cert-file ${JSON.stringify(files.ca)}
tls-auth-clients yes
`;

/** `set-proc-title no` keeps the configuration's path in the command line, by which left-over servers are found. */
const configText = ({ port, home, users, tls }: ConfigValues): string => `
bind ${host}
${tls ? tlsText(port, tls) : `port ${port}`}
dir ${JSON.stringify(home)}
aclfile ${JSON.stringify(users)}
daemonize no
save ""
appendonly no
set-proc-title no
`;
