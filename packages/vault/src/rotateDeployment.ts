import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { sleep } from '@freight/kernel';
import { deploymentKeyPaths, readDeploymentKeys } from './deploymentKeys.ts';
import { createFile, syncFolder } from './files.ts';

export interface RotateDeploymentOptions {
  /** How long the former key stays readable at the end, for who is just making a tenant's first key. Milliseconds. */
  readonly graceMs: number;
  /** Told after each step. */
  readonly onStep?: (step: string) => void;
}

export interface RotatedDeployment {
  readonly keyId: string;
  /** How many files were wrapped anew. */
  readonly rewrapped: number;
  /** Whether it went on with an exchange that was interrupted. */
  readonly resumed: boolean;
}

export interface Rotation extends RotateDeploymentOptions {
  /** Wraps every file that another key wraps anew. @returns how many there were. */
  readonly rewrapAll: (keyId: string) => Promise<number>;
}

/** A name that may be taken, or gone, by somebody who came first. */
const unless = (code: string, work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== code) throw error;
  });

/**
 * Exchanges the deployment's key while everything runs. States, told by which files there are:
 *
 *   current               → next made                    current, next
 *   current, next         → every file wrapped with next; the current one kept as previous   current, next, previous
 *   current, next, previous → next takes the current one's place                            current, previous
 *   current, previous     → a last look for files of the previous one; it is removed         current
 *
 * In every state every file opens with a key that is there, and every step can be repeated: whoever is interrupted calls again.
 */
export const rotateDeploymentKey = async (directory: string, rotation: Rotation): Promise<RotatedDeployment> => {
  const paths = deploymentKeyPaths(directory);
  const step = (name: string) => rotation.onStep?.(name);
  const before = readDeploymentKeys(directory);
  const resumed = before.next !== undefined || before.previous !== undefined;
  let rewrapped = 0;
  /** Until a look at all files finds none left: some may be made meanwhile. */
  const rewrapAll = async (keyId: string) => {
    for (let found = -1; found !== 0; rewrapped += found) found = await rotation.rewrapAll(keyId);
  };

  if (!before.previous || before.next) {
    await createFile(paths.next, before.next?.key ?? randomBytes(32));
    step('next key made');
    const { next } = readDeploymentKeys(directory);
    if (next) {
      await rewrapAll(next.id);
      step('files wrapped with it');
      await unless('EEXIST', link(paths.current, paths.previous));
      await syncFolder(paths.folder);
      step('former key kept');
      await unless('ENOENT', rename(paths.next, paths.current));
      await syncFolder(paths.folder);
      step('next key in its place');
    }
  }
  const { current } = readDeploymentKeys(directory);
  // Who read the former key just before, to wrap a new tenant's first key, has written his file by then.
  await sleep(rotation.graceMs);
  await rewrapAll(current.id);
  await rm(paths.previous, { force: true });
  await syncFolder(paths.folder);
  step('former key removed');
  return { keyId: current.id, rewrapped, resumed };
};
