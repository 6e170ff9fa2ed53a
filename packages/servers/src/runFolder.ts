import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, canEnter } from './account.ts';
import { ServerStartError } from './errors.ts';
import { isSameProcess, processesNaming, processStartedAt, signalProcess } from './processIdentity.ts';

const prefix = 'freight-run-';
const markerFile = 'owner.json';
/** A folder without a marker is being made right now, or its maker died while making it: after this it is the latter. */
const markerGraceMs = 60_000;

interface Owner {
  readonly pid: number;
  readonly startedAt: string;
  /** Containers may share a folder but not their pids: only the machine that made a run may call it dead. */
  readonly host: string;
}

/** Where run folders may be: below the project's data folder, else (see `createRunFolder`) in a folder for temporary files. */
const places = (baseDir: string): readonly string[] => [...new Set([baseDir, tmpdir(), '/tmp', '/var/tmp'])];

/**
 * Makes a folder for one run, marked with its owner. Normally below `baseDir`; where the servers' account may not enter that
 * (a project below /root, say), in a folder for temporary files.
 * @throws ServerStartError when no place will do.
 */
export const createRunFolder = (baseDir: string, account: Account | undefined): string => {
  mkdirSync(baseDir, { recursive: true });
  for (const place of places(baseDir)) {
    let folder: string;
    try {
      folder = mkdtempSync(join(place, prefix));
    } catch {
      continue;
    }
    // Others may pass through to what they own inside, but not look around.
    chmodSync(folder, 0o711);
    if (canEnter(folder, account)) {
      const owner: Owner = {
        pid: process.pid,
        startedAt: processStartedAt(process.pid) ?? 'unknown',
        host: hostname(),
      };
      writeFileSync(join(folder, markerFile), JSON.stringify(owner), { mode: 0o600 });
      return folder;
    }
    rmSync(folder, { recursive: true, force: true });
  }
  throw new ServerStartError(
    `No folder for the servers' data: tried ${places(baseDir).join(', ')}${account ? ` for the user "${account.name}"` : ''}.`,
  );
};

/** Run folders whose owner is gone. Only folders of this user are looked at. */
export const findDeadRuns = (baseDir: string): readonly string[] => {
  const uid = process.getuid?.();
  return places(baseDir)
    .flatMap(place => {
      try {
        return readdirSync(place, { withFileTypes: true })
          .filter(entry => entry.isDirectory() && entry.name.startsWith(prefix))
          .map(entry => join(place, entry.name));
      } catch {
        return [];
      }
    })
    .filter(folder => {
      try {
        const { uid: ownerUid, mtimeMs } = statSync(folder);
        if (uid !== undefined && ownerUid !== uid) return false;
        const owner = readOwner(folder);
        if (!owner) return Date.now() - mtimeMs > markerGraceMs;
        return owner.host === hostname() && !isSameProcess(owner.pid, owner.startedAt);
      } catch {
        // Removed while we looked.
        return false;
      }
    });
};

/** Removes what dead runs left, servers still running there included. Two processes may do this at the same time. */
export const removeDeadRuns = (baseDir: string): void => {
  for (const folder of findDeadRuns(baseDir)) {
    for (const pid of processesNaming(folder)) signalProcess(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
};

const readOwner = (folder: string): Owner | undefined => {
  try {
    return JSON.parse(readFileSync(join(folder, markerFile), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
};
