import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep } from '@freight/kernel';
import { ServiceStartError } from './errors.ts';
import { type LogFacts, logSize, readLastWords, readLogFacts, readLogFrom } from './logFile.ts';

/** A program of ours that is to run as a process of its own. */
export interface ProgramSpec {
  readonly name: string;
  /** The TypeScript file that is its `main`. */
  readonly main: string;
  readonly cwd: string;
  /** Everything it may see of the environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Appended to; made when missing. */
  readonly logFile: string;
  /** True once the program can work, as far as its log and its doors tell. */
  readonly isReady: (facts: LogFacts) => Promise<boolean>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of ours that runs, or has run. */
export interface RunningProgram {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** How it ended; undefined while it lives. */
  exit(): Exit | undefined;
  facts(): LogFacts;
  signal(signal: NodeJS.Signals): void;
}

/** Starting four services at once on a busy machine takes seconds; a minute is certainly a failure. */
const readyWithinMs = 60_000;
const pollMs = 40;

const preload = fileURLToPath(new URL(`./exitWithParent${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

export const describeExit = (exit: Exit): string =>
  exit.signal ? `ended by ${exit.signal}` : `exit code ${exit.code ?? 'unknown'}`;

/** Starts the program without waiting for it. @throws ServiceStartError when there is no process at all. */
const launch = (spec: ProgramSpec): RunningProgram => {
  const logStart = logSize(spec.logFile);
  const log = openSync(spec.logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, ['--conditions=@freight/source', '--import', preload, spec.main], {
      cwd: spec.cwd,
      env: { ...spec.env },
      // The pipe is never written to: its end tells the child that we are gone.
      stdio: ['pipe', log, log],
      // A session of its own: Ctrl-C in the terminal must reach us alone, so that we stop everything in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  child.stdin?.on('error', () => {});
  let ended: Exit | undefined;
  const exited = new Promise<Exit>(resolve => {
    const end = (exit: Exit): void => {
      ended ??= exit;
      resolve(ended);
    };
    child.once('exit', (code, signal) => end({ code, signal }));
    child.once('error', () => end({ code: 127, signal: null }));
  });
  if (child.pid === undefined)
    throw new ServiceStartError(`${spec.name} did not start: ${process.execPath} cannot be run`);
  let facts: LogFacts = {};
  return {
    pid: child.pid,
    exited,
    exit: () => ended,
    facts: () => {
      facts = { ...facts, ...readLogFacts(readLogFrom(spec.logFile, logStart)) };
      return facts;
    },
    signal: signal => {
      child.kill(signal);
    },
  };
};

/**
 * Starts the program and waits until it can work. When it cannot, nothing of it is left.
 * @param onSpawned told of the process as soon as there is one, so that it can be stopped while it starts.
 * @throws ServiceStartError with the program's last words.
 */
export const startProgram = async (
  spec: ProgramSpec,
  onSpawned: (program: RunningProgram) => void = () => {},
): Promise<RunningProgram> => {
  const logStart = logSize(spec.logFile);
  const program = launch(spec);
  onSpawned(program);
  const deadline = performance.now() + readyWithinMs;
  while (program.exit() === undefined && performance.now() < deadline) {
    if (await spec.isReady(program.facts())) return program;
    await sleep(pollMs);
  }
  const exit = program.exit();
  const how = exit ? describeExit(exit) : `not ready within ${readyWithinMs / 1000} s`;
  await endProgram(program, 0);
  throw new ServiceStartError(`${spec.name} did not start (${how}).${readLastWords(spec.logFile, logStart)}`);
};

/** Asks the program to leave and, after the grace period, makes it. Resolves when it is gone. @param graceMs 0 kills at once. */
export const endProgram = async (program: RunningProgram, graceMs: number): Promise<Exit> => {
  if (graceMs > 0 && program.exit() === undefined) {
    program.signal('SIGTERM');
    const waiting = new AbortController();
    await Promise.race([program.exited, sleep(graceMs, waiting.signal)]);
    waiting.abort();
  }
  if (program.exit() === undefined) program.signal('SIGKILL');
  return program.exited;
};
