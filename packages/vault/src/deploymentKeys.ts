import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FreightError } from '@freight/kernel';
import { readIfThere } from './files.ts';

/** A key of the deployment with the name that wrapped files know it by. */
export interface DeploymentKey {
  readonly id: string;
  readonly key: Buffer;
}

/** The keys of the deployment that are there now: more than one while they are being exchanged. */
export interface DeploymentKeys {
  readonly current: DeploymentKey;
  /** Made, and not yet in the current one's place. What is wrapped anew is wrapped with it. */
  readonly next: DeploymentKey | undefined;
  /** Replaced; what is still wrapped with it opens. */
  readonly previous: DeploymentKey | undefined;
}

/** The files of the deployment's keys: in a folder `deployment` of their own where there is one, as a mounted secret is. */
export const deploymentKeyPaths = (directory: string) => {
  const own = join(directory, 'deployment');
  const folder = existsSync(own) ? own : directory;
  return {
    folder,
    current: join(folder, 'deployment.key'),
    next: join(folder, 'deployment.next.key'),
    previous: join(folder, 'deployment.previous.key'),
  };
};

/** Derives a key of 32 bytes for one purpose. */
export const derive = (key: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `freight ${purpose}`, 32));

/** A name of a key that tells nothing of it. */
export const keyIdOf = (key: Buffer): string => derive(key, 'id').subarray(0, 8).toString('hex');

/** @throws FreightError `deployment_key_missing`. */
export const readDeploymentKeys = (directory: string): DeploymentKeys => {
  const paths = deploymentKeyPaths(directory);
  const read = (path: string): DeploymentKey | undefined => {
    const key = readIfThere(path);
    return key?.length === 32 ? { id: keyIdOf(key), key } : undefined;
  };
  // In this order: whoever finds no next one, because it has just taken its place, then finds it there.
  const next = read(paths.next);
  const current = read(paths.current);
  const previous = read(paths.previous);
  if (!current) {
    throw new FreightError(
      `${paths.current} must be a file of 32 random bytes; make one with: head -c 32 /dev/urandom > deployment.key`,
      { code: 'deployment_key_missing', retry: 'terminal' },
    );
  }
  return { current, next, previous };
};

/** What new files are wrapped with. */
export const wrappingKey = (keys: DeploymentKeys): DeploymentKey => keys.next ?? keys.current;

/** AES-256-GCM: nonce (12) + ciphertext + tag (16), bound to a place. */
export const wrap = ({ key }: DeploymentKey, place: string, content: Buffer): Buffer => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
};

/** @returns undefined when these are not the bytes, the key or the place of the wrapping. */
export const unwrap = ({ key }: DeploymentKey, place: string, wrapped: Buffer): Buffer | undefined => {
  const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(wrapped.subarray(-16));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
};
