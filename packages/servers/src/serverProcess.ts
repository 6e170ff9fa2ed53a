import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createLimit, sleep } from '@freight/kernel';
import type { Account } from './account.ts';
import type { ServerName } from './binaries.ts';
import { ServerStartError } from './errors.ts';
import type { Guard } from './guard.ts';
import type { IdentityFiles } from './identityFiles.ts';
import { freePort, host } from './ports.ts';

/*
 * One server as a child process:
 *
 *   stopped ── start ──► starting ── answers ──► running ── stop / kill ──► stopped
 *                           │ port taken: another port (first start), the same one again (later starts)
 *                           └ exited, or silent too long ──► stopped, ServerStartError
 *
 * The operations of one server wait for each other, so that `kill` and `restart` from two tests at once cannot interleave.
 */

/** How long a server may take until it answers, milliseconds. Recovery after a kill is included; under a second is usual. */
const readyWithinMs = 60_000;
/** How long a start tries to get what it needs (its own port, PostgreSQL's memory segment), milliseconds. */
const freeWithinMs = 10_000;
/** How many times a start tries at least. */
const triesMin = 10;

/** What a server prints when its port, or its memory from before a kill, is still held by somebody. */
const stillHeld = /address already in use|still in use|another postmaster|lock file .* already exists/i;

export interface ServerProcessSpec {
  readonly name: ServerName;
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  /** Called before each start, the port may differ. */
  readonly prepare?: (port: number) => void;
  readonly isReady: (port: number, pid: number) => Promise<boolean>;
  readonly cwd: string;
  readonly logFile: string;
  readonly account: Account | undefined;
  readonly guard: Guard;
  /** How the server is asked to stop: each signal in turn, until it is gone. SIGKILL follows by itself. */
  readonly stopSignals: readonly { readonly signal: NodeJS.Signals; readonly waitMs: number }[];
  /** Told when the server ends without having been asked to, with how it ended and its last words. */
  readonly onUnexpectedExit?: ((message: string, server: ServerName) => void) | undefined;
}

/** A running private server. */
export interface ServerHandle {
  readonly name: ServerName;
  readonly host: string;
  /** Stays the same for the handle's life. */
  readonly port: number;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** Read at each start; undefined where connections are plain. */
  readonly tlsFiles: IdentityFiles | undefined;
  /** Stops it in good order. Its data stays. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it by SIGKILL, as a crash would; resolves when it is gone. Its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data: after `kill` or `stop`, else after stopping it. @throws ServerStartError */
  restart(): Promise<void>;
}

export interface ServerProcess {
  readonly port: number;
  readonly pid: number | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Stops it, does something to its data, starts it again. */
  restart(between?: () => void): Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  /** Resolves with how it ended. Never rejects. */
  readonly exited: Promise<string>;
  ended: string | undefined;
  /** Whether we asked it to end. */
  asked: boolean;
}

export const createServerProcess = (spec: ServerProcessSpec): ServerProcess => {
  const oneAtATime = createLimit(1);
  let port = 0;
  let running: Running | undefined;

  const launch = (atPort: number): Running => {
    spec.prepare?.(atPort);
    const log = openSync(spec.logFile, 'a', 0o600);
    const child = spawn(spec.program, spec.args(atPort), {
      cwd: spec.cwd,
      // A session of its own: Ctrl-C in the terminal must reach Freight, which then stops its servers in order.
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      ...(spec.account ? { uid: spec.account.uid, gid: spec.account.gid } : {}),
    });
    closeSync(log);
    child.unref();
    if (child.pid !== undefined) spec.guard.watch(child.pid, spec.stopSignals.at(-1)?.signal ?? 'SIGTERM');
    const exited = new Promise<string>(resolve => {
      child.once('error', error => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`));
    });
    const started: Running = { child, exited, ended: undefined, asked: false };
    void exited.then(how => {
      started.ended = how;
      if (running !== started) return;
      running = undefined;
      if (!started.asked)
        spec.onUnexpectedExit?.(`${spec.name} ended unexpectedly (${how}).${lastWords(spec.logFile, 0)}`, spec.name);
    });
    return started;
  };

  /** One try at one port: true when it answers, false when somebody still holds what it needs. */
  const tryStart = async (atPort: number): Promise<boolean> => {
    const logStart = sizeOf(spec.logFile);
    const started = launch(atPort);
    const deadline = Date.now() + readyWithinMs;
    while (started.ended === undefined && Date.now() < deadline) {
      if (
        started.child.pid !== undefined &&
        (await spec.isReady(atPort, started.child.pid)) &&
        started.ended === undefined
      ) {
        port = atPort;
        running = started;
        return true;
      }
      await sleep(20);
    }
    const how = started.ended ?? `no answer within ${readyWithinMs / 1000} s`;
    if (started.ended === undefined) await endNow(started);
    const words = lastWords(spec.logFile, logStart);
    if (stillHeld.test(words)) return false;
    throw new ServerStartError(`${spec.name} did not start (${how}).${words || ' It printed nothing.'}`);
  };

  const start = async (): Promise<void> => {
    if (running) return;
    const deadline = Date.now() + freeWithinMs;
    const isFirst = port === 0;
    // Not only ports: what a killed PostgreSQL leaves behind on kept data takes a moment to go.
    for (let attempt = 1; attempt <= triesMin || Date.now() < deadline; attempt++) {
      if (await tryStart(isFirst ? await freePort() : port)) return;
      await sleep(100);
    }
    throw new ServerStartError(
      `${spec.name} did not start: ${isFirst ? 'every port that was tried was taken' : `port ${port} stayed taken`}.${lastWords(spec.logFile, 0)}`,
    );
  };

  const stop = async (): Promise<void> => {
    const current = running;
    if (!current) return;
    current.asked = true;
    for (const { signal, waitMs } of spec.stopSignals) {
      current.child.kill(signal);
      if (await endedWithin(current, waitMs)) return;
    }
    await endNow(current);
  };

  const kill = async (): Promise<void> => {
    if (!running) return;
    running.asked = true;
    await endNow(running);
  };

  return {
    get port() {
      return port;
    },
    get pid() {
      return running?.child.pid;
    },
    start: () => oneAtATime(start),
    stop: () => oneAtATime(stop),
    kill: () => oneAtATime(kill),
    restart: between =>
      oneAtATime(async () => {
        await stop();
        between?.();
        await start();
      }),
  };
};

/** The part of a server that every kind has in common, as the handle that callers get. */
export const toHandle = (
  name: ServerName,
  server: ServerProcess,
  tlsFiles: IdentityFiles | undefined,
): ServerHandle => ({
  name,
  tlsFiles,
  host,
  port: server.port,
  get pid() {
    return server.pid;
  },
  stop: () => server.stop(),
  kill: () => server.kill(),
  restart: () => server.restart(),
});

const endNow = async (running: Running): Promise<void> => {
  running.child.kill('SIGKILL');
  await endedWithin(running, 10_000);
};

const endedWithin = async (running: Running, ms: number): Promise<boolean> => {
  const waiting = new AbortController();
  await Promise.race([running.exited, sleep(ms, waiting.signal)]);
  waiting.abort();
  return running.ended !== undefined;
};

const sizeOf = (file: string): number => {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
};

/** The last lines that a server printed since the given place in its log, indented under a line of their own; empty when none. */
const lastWords = (logFile: string, since: number): string => {
  try {
    const lines = readFileSync(logFile).subarray(since).toString('utf8').trimEnd().split('\n').slice(-12);
    return lines.join('') === '' ? '' : ` Its last lines:\n${lines.map(line => `  ${line}`).join('\n')}`;
  } catch {
    return '';
  }
};
