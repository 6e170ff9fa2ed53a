import { createLimit, sleep } from '@freight/kernel';
import { describeExit, endProgram, type ProgramSpec, type RunningProgram, startProgram } from './childProcess.ts';
import type { LogFacts } from './logFile.ts';

/** One process of the platform, kept alive until somebody says otherwise. */
export interface Service {
  readonly name: string;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /** `http://127.0.0.1:<port>` of /healthz, /readyz, /metrics; undefined while it is down and for the sandbox. */
  readonly healthUrl: string | undefined;
  readonly logFile: string;
  /** Ends it and leaves it down, however it is ended, until `restart`. Resolves when the process is gone. Default SIGKILL. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts it, after ending the old process where there is one. Resolves when it is ready. @throws ServiceStartError */
  restart(): Promise<void>;
}

export interface ManagedService extends Service {
  readonly facts: LogFacts;
  /** The first start. @throws ServiceStartError */
  start(): Promise<void>;
  /** Ends it for good: SIGTERM, then SIGKILL after the grace period. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}

export interface ServiceOptions {
  readonly name: string;
  /** Asked before each start: a restarted service gets the port it had. */
  readonly spec: (former: LogFacts) => ProgramSpec;
  /** Whether leaving with 0 is how it asks for a fresh process. */
  readonly recycles: boolean;
  readonly onNotice: (message: string) => void;
  readonly onSpawned: (pid: number) => void;
}

/** Waits between starts of a service that keeps falling over, milliseconds; the last one repeats. */
const backoffsMs = [250, 500, 1_000, 2_000, 5_000, 10_000] as const;
/** Who lived this long has not "kept falling over". */
const healthyAfterMs = 20_000;

/** How long an orderly end that somebody asked for may take, milliseconds. */
const restartGraceMs = 30_000;

/** Makes a service; nothing runs before `start`. A crash is mended by a new process after a growing wait, with a notice. */
export const createService = (options: ServiceOptions): ManagedService => {
  const oneAtATime = createLimit(1);
  const over = new AbortController();
  let running: RunningProgram | undefined;
  let facts: LogFacts = {};
  /** Whether it ought to run: false before the start, after `kill` and after `stop`. */
  let isWanted = false;
  let crashesInARow = 0;

  const launch = async (): Promise<void> => {
    if (over.signal.aborted) return;
    const spec = options.spec(facts);
    const startedAt = performance.now();
    // Noted as soon as the process exists: `stop` must find it even while it starts.
    const program = await startProgram(spec, spawned => {
      running = spawned;
      options.onSpawned(spawned.pid);
    });
    facts = { ...facts, ...program.facts() };
    void program.exited.then(exit => {
      if (running === program) running = undefined;
      if (!isWanted || over.signal.aborted) return;
      if (performance.now() - startedAt > healthyAfterMs) crashesInARow = 0;
      if (options.recycles && exit.code === 0) return void revive(0);
      options.onNotice(`${options.name} ended unexpectedly (${describeExit(exit)}); starting it again`);
      void revive(backoffsMs[Math.min(crashesInARow++, backoffsMs.length - 1)] ?? 0);
    });
  };

  /** Brings it back after a wait, again and again, unless somebody meanwhile wants it down. */
  const revive = async (waitMs: number): Promise<void> => {
    await sleep(waitMs, over.signal);
    await oneAtATime(async () => {
      if (!isWanted || running || over.signal.aborted) return;
      await launch();
    }).catch((error: unknown) => {
      running = undefined;
      if (!isWanted || over.signal.aborted) return;
      options.onNotice(error instanceof Error ? error.message : String(error));
      void revive(backoffsMs[Math.min(crashesInARow++, backoffsMs.length - 1)] ?? 0);
    });
  };

  const end = async (graceMs: number): Promise<void> => {
    const program = running;
    if (!program) return;
    await endProgram(program, graceMs);
    if (running === program) running = undefined;
  };

  const start = (): Promise<void> =>
    oneAtATime(async () => {
      // The end of the old process is not a crash.
      isWanted = false;
      await end(restartGraceMs);
      isWanted = true;
      try {
        await launch();
      } catch (error) {
        running = undefined;
        isWanted = false;
        throw error;
      }
    });

  return {
    name: options.name,
    get pid() {
      return running?.pid;
    },
    get healthUrl() {
      return running && facts.healthPort !== undefined ? `http://127.0.0.1:${facts.healthPort}` : undefined;
    },
    get facts() {
      return facts;
    },
    logFile: options.spec({}).logFile,
    start,
    restart: start,
    kill: async (signal = 'SIGKILL') => {
      isWanted = false;
      await end(signal === 'SIGKILL' ? 0 : restartGraceMs);
    },
    stop: async graceMs => {
      isWanted = false;
      over.abort();
      await end(graceMs);
    },
  };
};
