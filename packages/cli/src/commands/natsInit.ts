import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNatsFolder } from '@freight/natsauth';
import type { Command } from '../commandLine.ts';

/** `freight nats init`: the files that an installation's broker and services need. @returns 0. */
export const natsInitCommand = async (command: Extract<Command, { name: 'nats init' }>): Promise<number> => {
  const folder = await openNatsFolder(command.out);
  const configFile = join(command.out, 'accounts.conf');
  writeFileSync(configFile, folder.config(command.accountsDir), { mode: 0o644 });
  const { gateway, tenants, jobs, workers, admin, system } = folder.credentials;
  const places: readonly (readonly [string, string])[] = [
    [configFile, `nats-server: include it in the configuration; ${command.accountsDir} must be writable and last`],
    [gateway, 'gateway: FREIGHT_NATS_CREDENTIALS_FILE'],
    [tenants, 'tenant service: FREIGHT_NATS_CREDENTIALS_FILE'],
    [folder.signingFile, 'tenant service: FREIGHT_NATS_SIGNING_FILE (nobody else may have it)'],
    [jobs, 'job service: FREIGHT_NATS_CREDENTIALS_FILE'],
    [workers, 'workers: FREIGHT_NATS_CREDENTIALS_FILE'],
    [admin, "people who look after Freight's streams, with the nats command"],
    [system, 'people who look after the broker'],
    [folder.keysFile, 'nowhere: keep it offline, it is the master of all the others'],
  ];
  const width = Math.max(...places.map(([file]) => file.length));
  process.stdout.write(places.map(([file, where]) => `${file.padEnd(width)}  ${where}\n`).join(''));
  return 0;
};
