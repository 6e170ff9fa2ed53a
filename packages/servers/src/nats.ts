import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { giveTo } from './account.ts';
import { usablePath } from './binaries.ts';
import type { IdentityFiles } from './identityFiles.ts';
import { answers, host } from './ports.ts';
import { type Alone, type Run, type StartOptions, startAlone } from './run.ts';
import { createServerProcess, type ServerHandle, toHandle } from './serverProcess.ts';

export interface NatsServer extends ServerHandle {
  /** Address with user and password in it. The client library does not read these from a URL: see the three parts below. */
  readonly url: string;
  /** `host:port`, as the client library's `servers` option wants it. */
  readonly server: string;
  readonly user: string;
  readonly password: string;
  /** Stops it, deletes every stream and consumer, starts it again on the same port. */
  wipe(): Promise<void>;
}

/** Starts a private nats-server with JetStream alone, in a run of its own. @throws ServerStartError | ServerMissingError */
export const startNats = (options: StartOptions): Promise<NatsServer & Alone> => startAlone(options, launchNats);

/** Starts nats-server in the run's folder. @throws ServerStartError | ServerMissingError */
export const launchNats = async (run: Run): Promise<NatsServer> => {
  const program = usablePath(run.binaries.nats);
  const home = join(run.data, 'nats');
  const store = join(home, 'store');
  const config = join(home, 'nats.conf');
  const user = 'freight';
  const password = randomBytes(24).toString('base64url');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  giveTo(home, run.account);
  const tlsFiles = await run.tls?.filesFor('nats', home);

  const server = createServerProcess({
    name: 'nats',
    program,
    args: () => ['--config', config],
    prepare: port => {
      // A file and not arguments: arguments, and the password with them, are open to every user of the machine.
      writeFileSync(config, configText({ name: basename(run.folder), port, store, user, password, tls: tlsFiles }), {
        mode: 0o600,
      });
      giveTo(config, run.account);
    },
    // It listens only after JetStream has been restored.
    isReady: port =>
      answers(
        port,
        `CONNECT ${JSON.stringify({ user, pass: password, verbose: false })}\r\nPING\r\n`,
        /^PONG\r$/m,
        // It names itself in the clear first.
        run.tls && { options: run.tls.probe, greeting: /^INFO .*\r\n/ },
      ),
    cwd: home,
    logFile: join(run.folder, 'nats.log'),
    account: run.account,
    guard: run.guard,
    stopSignals: [{ signal: 'SIGTERM', waitMs: 5_000 }],
    onUnexpectedExit: run.onUnexpectedExit,
  });
  await server.start();
  return Object.assign(toHandle('nats', server, tlsFiles), {
    url: `${tlsFiles ? 'tls' : 'nats'}://${user}:${password}@${host}:${server.port}`,
    server: `${host}:${server.port}`,
    user,
    password,
    wipe: () => server.restart(() => rmSync(store, { recursive: true, force: true })),
  });
};

interface ConfigValues {
  readonly name: string;
  readonly port: number;
  readonly store: string;
  readonly user: string;
  readonly password: string;
  readonly tls: IdentityFiles | undefined;
}

/** Clients have to speak TLS and to show a certificate of the same authority. */
const tlsText = (files: IdentityFiles): string => `
tls {
  cert_file: ${JSON.stringify(files.cert)}
  key_file: ${JSON.stringify(files.key)}
  ca_file: ${JSON.stringify(files.ca)}
  verify: true
  timeout: 5
}
`;

/** No monitoring port, messages of at most 1 MB (the default of every server version that we support). */
const configText = (values: ConfigValues): string => `
server_name: ${JSON.stringify(values.name)}
listen: ${JSON.stringify(`${host}:${values.port}`)}
jetstream { store_dir: ${JSON.stringify(values.store)} }
max_payload: 1048576
authorization { user: ${JSON.stringify(values.user)}, password: ${JSON.stringify(values.password)} }
${values.tls ? tlsText(values.tls) : ''}`;
