import { type KeyProvider, openKeyDirectory } from '@freight/vault';
import { UserError } from '../errors.ts';

/** The deployment's folder of keys. @throws UserError when it is not named or has no deployment key. */
export const openKeysFolder = async (env: NodeJS.ProcessEnv, topic: string): Promise<KeyProvider> => {
  const directory = env['FREIGHT_KEYS_DIR'];
  if (!directory) {
    throw new UserError(
      `FREIGHT_KEYS_DIR is not set: the deployment's folder of keys\nSee: ./freight help ${topic}`,
      2,
    );
  }
  try {
    return await openKeyDirectory(directory);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
};
