import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type NatsFolder, openNatsFolder } from '@freight/natsauth';
import { giveTo } from './account.ts';
import { usablePath } from './binaries.ts';
import type { IdentityFiles } from './identityFiles.ts';
import { answers, host } from './ports.ts';
import { type Alone, type Run, type StartOptions, startAlone } from './run.ts';
import { createServerProcess, type ServerHandle, toHandle } from './serverProcess.ts';

/** A nats-server that knows its users by tokens: whoever connects needs one of the credentials. */
export interface NatsServer extends ServerHandle, Pick<NatsFolder, 'credentials' | 'signingFile'> {
  readonly url: string;
  /** `host:port`, as the client library's `servers` option wants it. */
  readonly server: string;
  /** Stops it, deletes every stream, consumer and account but the two that its configuration holds, starts it again on the same port. */
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
  const resolver = join(home, 'accounts');
  const name = basename(run.folder);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  giveTo(home, run.account);
  const tlsFiles = await run.tls?.filesFor('nats', home);
  removeStreamsWithoutAccount(store);
  const operator = await openNatsFolder(join(run.data, 'nats-keys'));

  const server = createServerProcess({
    name: 'nats',
    program,
    args: () => ['--config', config],
    prepare: port => {
      writeFileSync(config, `${configText({ name, port, store, tls: tlsFiles })}${operator.config(resolver)}`, {
        mode: 0o600,
      });
      giveTo(config, run.account);
    },
    // It listens only after JetStream has been restored. The name, which nobody else has and which it says in the clear, says that it is ours.
    isReady: port => answers(port, '', new RegExp(`^INFO .*"server_name":"${name}"`)),
    cwd: home,
    logFile: join(run.folder, 'nats.log'),
    account: run.account,
    guard: run.guard,
    stopSignals: [{ signal: 'SIGTERM', waitMs: 5_000 }],
    onUnexpectedExit: run.onUnexpectedExit,
  });
  await server.start();
  return Object.assign(toHandle('nats', server, tlsFiles), {
    url: `${tlsFiles ? 'tls' : 'nats'}://${host}:${server.port}`,
    server: `${host}:${server.port}`,
    credentials: operator.credentials,
    signingFile: operator.signingFile,
    wipe: () =>
      server.restart(() => {
        for (const folder of [store, resolver]) rmSync(folder, { recursive: true, force: true });
      }),
  });
};

interface ConfigValues {
  readonly name: string;
  readonly port: number;
  readonly store: string;
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
${values.tls ? tlsText(values.tls) : ''}`;

/** Removes the streams that a version without accounts kept: no account owns them, and PostgreSQL has all that was in them. */
const removeStreamsWithoutAccount = (store: string): void =>
  rmSync(join(store, 'jetstream', '$G'), { recursive: true, force: true });
