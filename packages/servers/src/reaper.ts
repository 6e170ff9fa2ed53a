/**
 * The reaper: a process of its own that outlives its parent by a few seconds, so that no server outlives it at all.
 *
 * It reads lines of JSON from its standard input: `{"watch": {"pid", "startedAt", "signal"}}`, or `{"done": true}`, after which it leaves
 * without doing anything. The pipe's end without `done` means that the parent is gone, however it went (SIGKILL included: the kernel
 * closes the pipe): then every watched process is stopped and the run folder removed.
 *
 * Not part of the package's index: it is started by `guard.ts` with the run folder as its argument, and the folder of kept data, which
 * stays, as a second one. It says a word on its standard output when it is there.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { isSameProcess, processesNaming, signalProcess } from './processIdentity.ts';

/** How long a process may take to leave by itself before it is killed, milliseconds. */
const graceMs = 3_000;

interface Watched {
  readonly pid: number;
  readonly startedAt: string;
  readonly signal: NodeJS.Signals;
}

const reap = async (folder: string, kept: string | undefined, watched: readonly Watched[]): Promise<void> => {
  const living = () => watched.filter(one => isSameProcess(one.pid, one.startedAt));
  for (const one of living()) signalProcess(one.pid, one.signal);
  const deadline = Date.now() + graceMs;
  while (living().length > 0 && Date.now() < deadline) await wait(25);
  for (const one of living()) signalProcess(one.pid, 'SIGKILL');
  // Not the kept folder itself: whoever waits for its lock names that.
  const named = [folder, ...(kept === undefined ? [] : [join(kept, 'postgres'), join(kept, 'nats')])];
  for (const pid of named.flatMap(processesNaming)) signalProcess(pid, 'SIGKILL');
  // A database's helpers notice a moment later that their parent is gone, and may still write: hence the retries.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
};

const main = async (folder: string, kept: string | undefined): Promise<void> => {
  // A signal to everything must not take the one away that cleans up: it leaves when its parent has left.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  // Its reader may be gone by the time that this is written.
  process.stdout.on('error', () => {});
  process.stdout.write('here\n');
  const watched: Watched[] = [];
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line) as { watch?: Watched; done?: true };
    if (message.watch) watched.push(message.watch);
    if (message.done) process.exit(0);
  }
  await reap(folder, kept, watched);
};

const [, , folder, kept] = process.argv;
if (folder) await main(folder, kept);
