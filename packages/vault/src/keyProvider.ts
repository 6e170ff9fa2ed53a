import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FreightError } from '@freight/kernel';

/**
 * Where tenants' keys live: outside the database and its backups, so that destroying a tenant's key destroys what was sealed with it
 * everywhere, old backups included.
 */
export interface KeyProvider {
  /** The tenant's key of 32 bytes, made on first use. */
  tenantKey(tenantId: string): Promise<Buffer>;
}

/** What a wrapped key looks like on disk: nonce (12) + ciphertext (32) + tag (16). */
const wrappedLength = 60;

const wrap = (deploymentKey: Buffer, tenantId: string, key: Buffer): Buffer => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', deploymentKey, nonce);
  cipher.setAAD(Buffer.from(`freight tenant key ${tenantId}`));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
};

const unwrap = (deploymentKey: Buffer, tenantId: string, wrapped: Buffer): Buffer => {
  if (wrapped.length !== wrappedLength) {
    throw new FreightError(`The key file of tenant ${tenantId} is damaged`, { code: 'key_damaged', retry: 'terminal' });
  }
  const decipher = createDecipheriv('aes-256-gcm', deploymentKey, wrapped.subarray(0, 12));
  decipher.setAAD(Buffer.from(`freight tenant key ${tenantId}`));
  decipher.setAuthTag(wrapped.subarray(44));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()]);
  } catch (cause) {
    throw new FreightError(`The key of tenant ${tenantId} does not open with this deployment's key`, {
      code: 'key_mismatch',
      retry: 'terminal',
      cause,
    });
  }
};

/** Puts a folder's list of names on the disk. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/**
 * Writes a file that appears whole or not at all, and never over another one. Afterwards the file is on the disk with its name: what is
 * sealed with a key that a power cut takes away is lost. @returns false when there is one already.
 */
const createFile = async (path: string, content: Buffer): Promise<boolean> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    const made = await link(temporary, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    await syncFolder(dirname(path));
    return made;
  } finally {
    await rm(temporary, { force: true });
  }
};

const readIfThere = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * Keys in a folder that all services of the deployment share: `deployment.key` (32 bytes) and `tenants/<id>.key` (wrapped by it).
 * Safe for several processes: the first to make a key wins, the others use it.
 * @param directory must exist and be readable by the services' user only.
 * @throws FreightError `deployment_key_missing` | `key_damaged` | `key_mismatch`.
 */
export const openKeyDirectory = async (directory: string): Promise<KeyProvider> => {
  const deploymentKey = await readIfThere(join(directory, 'deployment.key'));
  if (deploymentKey?.length !== 32) {
    throw new FreightError(
      `${directory}/deployment.key must be a file of 32 random bytes; make one with: head -c 32 /dev/urandom > deployment.key`,
      { code: 'deployment_key_missing', retry: 'terminal' },
    );
  }
  await mkdir(join(directory, 'tenants'), { recursive: true, mode: 0o700 });
  await syncFolder(directory);
  const opened = new Map<string, Promise<Buffer>>();

  const load = async (tenantId: string): Promise<Buffer> => {
    const path = join(directory, 'tenants', `${tenantId}.key`);
    const existing = await readIfThere(path);
    if (existing) return unwrap(deploymentKey, tenantId, existing);
    const made = randomBytes(32);
    if (await createFile(path, wrap(deploymentKey, tenantId, made))) return made;
    return unwrap(deploymentKey, tenantId, await readFile(path));
  };

  return {
    tenantKey: tenantId => {
      let key = opened.get(tenantId);
      if (!key) {
        key = load(tenantId);
        // A failure is not remembered: the next caller tries again.
        key.catch(() => opened.delete(tenantId));
        opened.set(tenantId, key);
      }
      return key;
    },
  };
};
