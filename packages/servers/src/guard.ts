import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ServerStartError } from './errors.ts';
import type { Kept } from './keptFolder.ts';
import { processStartedAt } from './processIdentity.ts';

/** Sees to it that processes and the run folder do not outlive this process, however it ends. */
export interface Guard {
  /** Adds a process. Safe to call for one that has already ended. @param signal how to ask it to leave; SIGKILL follows after 3 s. */
  watch(pid: number, signal: NodeJS.Signals): void;
  /** Ends the guard; from here on nothing is watched. Safe to call twice. */
  release(): void;
}

// The same file ending as this file: `.ts` from source, `.js` when built.
const reaper = fileURLToPath(new URL(`./reaper${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

/** Of util-linux: with `--no-fork` the lock belongs to the program that it turns into. */
const lockProgram = 'flock';
/** What it answers when somebody else holds the lock. Any number that Node does not use will do. */
const lockedCode = 75;
/**
 * Starts the reaper process for a run folder. The pipe to it is the signal: when this process ends, the kernel closes it.
 * A pipe was chosen over `prctl(PR_SET_PDEATHSIG)` because that needs a helper program, is tied to the *thread* that started
 * the child, and cannot remove the folder.
 */
export const createGuard = (runFolder: string): Guard => {
  const child = spawn(process.execPath, [reaper, runFolder], { ...detached, stdio: ['pipe', 'ignore', 'ignore'] });
  return guardOf(child, child.stdin);
};

/**
 * As `createGuard`, and the reaper holds the kept folder's lock as long as it lives. So the next run comes in when this one's servers are
 * gone, and a lock is never stale.
 * @returns undefined when somebody else held the lock for the given time. @throws ServerStartError when there can be no lock.
 */
export const createLockingGuard = async (
  runFolder: string,
  kept: Kept,
  withinSeconds: number,
): Promise<Guard | undefined> => {
  const lock = [
    '--no-fork',
    '--wait',
    String(withinSeconds),
    '--conflict-exit-code',
    String(lockedCode),
    kept.lockFile,
  ];
  const child = spawn(lockProgram, [...lock, process.execPath, reaper, runFolder, kept.data], {
    ...detached,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const answer = await untilFirstWord(child, child.stdout);
  if (answer === 'locked') return undefined;
  if (answer !== 'here') throw new ServerStartError(`${kept.lockFile} cannot be locked: ${answer}.`);
  return guardOf(child, child.stdin);
};

const detached = {
  // A session of its own: Ctrl-C in the terminal reaches this process but not the reaper.
  detached: true,
  cwd: '/',
  env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
};

/** Waits until the reaper says that it is there, which it can only with the lock. @returns `here`, `locked`, or what went wrong. */
const untilFirstWord = (child: ChildProcess, output: Readable): Promise<string> =>
  new Promise(resolve => {
    output.once('data', () => resolve('here'));
    child.once('error', error => resolve(error.message));
    child.once('exit', code => resolve(code === lockedCode ? 'locked' : `exit code ${code ?? 'unknown'}`));
  });

const unrefPipe = (pipe: Readable | Writable | null): void => {
  if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
};

const guardOf = (child: ChildProcess, pipe: Writable): Guard => {
  // Neither the reaper nor its pipes keep this process alive.
  child.unref();
  unrefPipe(pipe);
  unrefPipe(child.stdout);
  // A reaper that somebody killed must not take this process with it: stop() still works without it.
  pipe.on('error', () => {});
  child.on('error', () => {});
  return {
    watch: (pid, signal) => {
      const startedAt = processStartedAt(pid);
      if (startedAt !== undefined && pipe.writable)
        pipe.write(`${JSON.stringify({ watch: { pid, startedAt, signal } })}\n`);
    },
    release: () => {
      if (pipe.writable) pipe.end(`${JSON.stringify({ done: true })}\n`);
    },
  };
};
