import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Account, canEnter } from './account.ts';
import { FolderInUseError, ServerStartError } from './errors.ts';
import { isSameProcess, processesNaming, processStartedAt, signalProcess } from './processIdentity.ts';

/*
 * A kept folder outlives its runs. Two things say that a run uses it: a lock, which the kernel drops with the process that holds it (the
 * guard, see guard.ts, which outlives its run by the seconds of cleaning up), and `owner.json`, which names the run for people.
 */

/** A kept folder as a run uses it. */
export interface Kept {
  readonly folder: string;
  readonly lockFile: string;
  /** Where the servers' data is: the kept folder itself, or what stands in for it where the servers' account cannot enter that. */
  readonly data: string;
  readonly ownerFile: string;
}

/** Where root keeps the data of a project that lies where the servers' account cannot go, such as below /root. */
const stateFolder = '/var/lib/freight';

/** The parts of a kept folder that servers work in, and name in their command lines. */
const serverFolders = (data: string): readonly string[] => ['postgres', 'nats'].map(name => join(data, name));

/** Makes what is missing of a kept folder. Nothing is locked yet. @throws ServerStartError when it belongs to another user. */
export const prepareKept = (folder: string, account: Account | undefined): Kept => {
  mkdirSync(folder, { recursive: true });
  const { uid } = statSync(folder);
  if (process.getuid && uid !== process.getuid()) {
    throw new ServerStartError(
      `${folder} was made by another user (number ${uid}): start Freight as that user, or remove the folder and its data.`,
    );
  }
  // The account may pass through to what it owns inside, but not look around.
  chmodSync(folder, 0o711);
  const files = { folder, lockFile: join(folder, 'lock'), ownerFile: join(folder, 'owner.json') };
  if (canEnter(folder, account)) return { ...files, data: folder };
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16);
  const data = join(stateFolder, name);
  mkdirSync(data, { recursive: true, mode: 0o711 });
  return { ...files, data };
};

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
  readonly host: string;
}

/** Whose run uses the folder now. @returns its pid, or undefined when nobody's does. */
export const findKeptOwner = (folder: string): number | undefined => {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Owner;
    return isSameProcess(pid, startedAt) ? pid : undefined;
  } catch {
    return undefined;
  }
};

/** @throws FolderInUseError when a living run uses the folder. */
export const refuseIfUsed = ({ folder }: Kept): void => {
  const pid = findKeptOwner(folder);
  if (pid !== undefined) throw new FolderInUseError(folder, pid);
};

/** Marks the locked folder as this process's and ends the servers of a former run that was killed together with its guard. */
export const takeKept = async (kept: Kept): Promise<void> => {
  const owner: Owner = { pid: process.pid, startedAt: processStartedAt(process.pid) ?? 'unknown', host: hostname() };
  writeFileSync(kept.ownerFile, JSON.stringify(owner), { mode: 0o600 });
  const living = () => serverFolders(kept.data).flatMap(folder => processesNaming(folder));
  for (let tries = 0; living().length > 0 && tries < 100; tries++) {
    for (const pid of living()) signalProcess(pid, 'SIGKILL');
    await wait(50);
  }
};

export const leaveKept = (kept: Kept): void => rmSync(kept.ownerFile, { force: true });
