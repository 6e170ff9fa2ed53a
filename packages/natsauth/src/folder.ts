import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeDeployment } from './deployment.ts';
import { makeNatsKeys, type NatsKeys, type NatsUser, natsUsers } from './keys.ts';
import { operatorConfig } from './serverConfig.ts';

/** Who gets a file of credentials: all but the user whose credentials are part of the signing file. */
type FileUser = Exclude<NatsUser, 'claims'>;

/** A folder with everything that a broker and its users need, for its owner's eyes alone. All are paths but `config`. */
export interface NatsFolder {
  /** All keys. Whoever has this file is the broker's master; only making the other files anew needs it. */
  readonly keysFile: string;
  /** A `.creds` file for each user. */
  readonly credentials: Readonly<Record<FileUser, string>>;
  /** What the tenant service signs subscribers' accounts with. */
  readonly signingFile: string;
  /** The part of nats-server's configuration that knows operator and accounts. No secret. */
  readonly config: (resolverFolder: string) => string;
}

const readOrMakeKeys = (file: string): NatsKeys => {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(makeNatsKeys(), null, 2), { mode: 0o600, flag: 'wx' });
  return JSON.parse(readFileSync(file, 'utf8')) as NatsKeys;
};

/** Makes the keys of the folder, or reads those that are there, and writes all other files anew with the rights of this version. */
export const openNatsFolder = async (folder: string): Promise<NatsFolder> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keysFile = join(folder, 'keys.json');
  const deployment = await describeDeployment(readOrMakeKeys(keysFile));
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    keysFile,
    credentials: Object.fromEntries(
      natsUsers
        .filter(user => user !== 'claims')
        .map(user => [user, write(`${user}.creds`, deployment.credentials[user])]),
    ) as Record<FileUser, string>,
    signingFile: write('signing.json', JSON.stringify(deployment.signing, null, 2)),
    config: resolverFolder => operatorConfig(deployment, resolverFolder),
  };
};
