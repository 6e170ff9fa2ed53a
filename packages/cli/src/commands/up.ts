import { once } from 'node:events';
import { join } from 'node:path';
import { FolderInUseError, findKeptOwner } from '@freight/servers';
import type { Command } from '../commandLine.ts';
import { UserError } from '../errors.ts';
import { type Platform, startPlatform } from '../platform/index.ts';
import { listenForInterrupt } from './interrupt.ts';
import { choosePorts, readPorts, writePorts } from './ports.ts';
import { dataFolder, keptFolder as keep, root } from './project.ts';
import { tryOutScript } from './tryOut.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Certificates for servers of the user's own. */
const tlsFileSettings = ['DATABASE', 'NATS', 'REDIS'].flatMap(server =>
  ['CA', 'CERT', 'KEY'].map(file => `FREIGHT_${server}_${file}_FILE`),
);

/** The ports of the run that is, or was the last one. */
const portsFile = join(keep, 'ports.json');

const alreadyUp = (pid: number): UserError => {
  const ports = readPorts(portsFile);
  const where = ports ? `, its gateway on port ${ports.gateway}` : '';
  return new UserError(
    `Freight is up in this folder already (process ${pid}${where}). Stop that one first: Ctrl-C, or kill ${pid}`,
  );
};

const describe = (platform: Platform): string => {
  const { operatorKey, operatorKeyFile } = platform;
  const file = operatorKeyFile ?? '';
  const key = operatorKey
    ? `${operatorKey}  (shown once: keep it${file && `; for you alone it is in ${file} too`})`
    : `made at the first start${file ? `; it is in ${file}` : ' and shown then; Freight keeps it nowhere'}`;
  const authority =
    platform.caFile === undefined ? '' : `authority     ${platform.caFile}  (for clients of the gateway)\n`;
  return `gateway       ${platform.urls.gateway}\n${authority}sandbox       ${platform.urls.sandbox}\noperator key  ${key}\n`;
};

/** Starts the platform where clients of the run before look for it. @throws UserError when another one is up in this folder. */
const start = async (command: Extract<Command, { name: 'up' }>, signal: AbortSignal): Promise<Platform> => {
  const owner = findKeptOwner(keep);
  if (owner !== undefined) throw alreadyUp(owner);
  // A setting that is there but empty is not set.
  const setting = (name: string): string | undefined => process.env[name] || undefined;
  const ports = await choosePorts(command.port, readPorts(portsFile));
  const platform = await startPlatform({
    root,
    dir: dataFolder,
    keep,
    realLimits: true,
    gatewayPort: ports.gateway,
    sandboxPort: ports.sandbox,
    tls: command.tls,
    servers: {
      adminUrl: setting('FREIGHT_ADMIN_DATABASE_URL') ?? setting('FREIGHT_DATABASE_URL'),
      natsUrl: setting('FREIGHT_NATS_URL'),
      redisUrl: setting('FREIGHT_REDIS_URL'),
      tlsFiles: Object.fromEntries(
        tlsFileSettings.flatMap(name => (setting(name) ? [[name, setting(name) ?? '']] : [])),
      ),
    },
    onNotice: say,
    onStep: text => say(`${text.charAt(0).toUpperCase()}${text.slice(1)}`),
    signal,
  }).catch((error: unknown) => {
    throw error instanceof FolderInUseError ? alreadyUp(error.pid) : error;
  });
  writePorts(portsFile, ports);
  return platform;
};

/** `freight up`: the platform, until somebody stops it. Addresses and the operator key go to stdout. @returns 0 after an orderly stop. */
export const upCommand = async (command: Extract<Command, { name: 'up' }>): Promise<number> => {
  const signal = listenForInterrupt(() => say('Stopping …'));
  const platform = await start(command, signal);
  try {
    process.stdout.write(describe(platform));
    const { gateway, sandbox } = platform.urls;
    const script = tryOutScript({
      gateway,
      sandbox,
      operatorKeyFile: platform.operatorKeyFile,
      caFile: platform.caFile,
    });
    say(`\nTry a migration on the sandbox: paste this into another terminal (bash, with curl)\n\n${script}`);
    const kept = [...new Set([keep, platform.servers.data])].join(' and ');
    say(`Logs: ${platform.logFolder}\nKept for the next start: ${kept}`);
    say('The sandbox forgets its accounts when it stops. Ctrl-C stops everything.');
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  } finally {
    await platform.stop();
    if (signal.aborted) say('Stopped; nothing is running any more. ./freight up goes on with the same data.');
  }
};
