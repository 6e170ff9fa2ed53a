import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts a folder's list of names on the disk. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Writes a file under a name that nobody looks for, down to the disk. */
const writeAside = async (path: string, content: Buffer): Promise<string> => {
  const aside = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return aside;
};

/**
 * Writes a file that appears whole or not at all, and never over another one. Afterwards the file is on the disk with its name: what is
 * sealed with a key that a power cut takes away is lost. @returns false when there is one already.
 */
export const createFile = async (path: string, content: Buffer): Promise<boolean> => {
  const aside = await writeAside(path, content);
  try {
    const made = await link(aside, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    await syncFolder(dirname(path));
    return made;
  } finally {
    await rm(aside, { force: true });
  }
};

/** Takes a file's content away and keeps its name taken, so that nobody uses it a second time. */
export const emptyFile = async (path: string): Promise<void> => {
  await rename(await writeAside(path, Buffer.alloc(0)), path);
  await syncFolder(dirname(path));
};

/** A file's content; undefined when there is none. Blocks: these are files of a hundred bytes, looked at a few times a second. */
export const readIfThere = (path: string): Buffer | undefined => {
  // Asked first: this is the common answer, and an exception costs ten times as much.
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
