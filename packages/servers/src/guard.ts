import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processStartedAt } from './processIdentity.ts';

/** Sees to it that processes and the run folder do not outlive this process, however it ends. */
export interface Guard {
  /** Adds a process. Safe to call for one that has already ended. @param signal how to ask it to leave; SIGKILL follows after 3 s. */
  watch(pid: number, signal: NodeJS.Signals): void;
  /** Ends the guard; from here on nothing is watched. Safe to call twice. */
  release(): void;
}

/**
 * Starts the reaper process for a run folder. The pipe to it is the signal: when this process ends, the kernel closes it.
 * A pipe was chosen over `prctl(PR_SET_PDEATHSIG)` because that needs a helper program, is tied to the *thread* that started
 * the child, and cannot remove the folder.
 */
export const createGuard = (runFolder: string): Guard => {
  // The same file ending as this file: `.ts` from source, `.js` when built.
  const reaper = fileURLToPath(new URL(`./reaper${extname(fileURLToPath(import.meta.url))}`, import.meta.url));
  const child = spawn(process.execPath, [reaper, runFolder], {
    // A session of its own: Ctrl-C in the terminal reaches this process but not the reaper.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: {},
  });
  // Neither the reaper nor the pipe keeps this process alive.
  child.unref();
  const pipe = child.stdin;
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
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
