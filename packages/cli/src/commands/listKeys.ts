import { openSigner } from '@freight/vault';
import { openKeysFolder } from './keysFolder.ts';

/** `freight keys list`: a line a tenant: its versions with their ids, and what wraps them. */
export const listKeysCommand = async (env: NodeJS.ProcessEnv): Promise<number> => {
  const keys = await openKeysFolder(env, 'keys list');
  for (const { tenantId, names, wrappedBy, destroyedAt } of await keys.list()) {
    const versions = names.map(({ version, id }) => `${version}:${id}`).join(' ');
    const state = destroyedAt === null ? `wrapped by ${wrappedBy}` : `destroyed ${destroyedAt}`;
    process.stdout.write(`${tenantId}  ${versions}  ${state}\n`);
  }
  return 0;
};

/** `freight keys public`: the JSON Web Key Set of the signing keys. */
export const publicKeysCommand = async (env: NodeJS.ProcessEnv): Promise<number> => {
  const { publicKeys } = await openSigner(await openKeysFolder(env, 'keys public'));
  process.stdout.write(`${JSON.stringify(publicKeys, null, 2)}\n`);
  return 0;
};
