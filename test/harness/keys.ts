import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of keys with a deployment's key, of a test's own; to be removed by it. */
export const createKeysDir = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'freight-keys-'));
  await writeFile(join(directory, 'deployment.key'), randomBytes(32), { mode: 0o600 });
  return directory;
};
