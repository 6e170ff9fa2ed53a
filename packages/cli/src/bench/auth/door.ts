import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A gateway to be started in the door's process. */
export interface WantedGateway {
  readonly env: Readonly<Record<string, string>>;
  /** Whose every request is taken to be; undefined: keys are looked at. */
  readonly caller?: { readonly tenantId: string; readonly keyId: string };
}

/** Gateways in a process of their own. */
export interface Door {
  /** Where each of the wanted ones answers, in their order. */
  readonly urls: readonly string[];
  /** How much later than asked for timers fired in that process while the work went on, milliseconds. */
  eventLoopDelayDuring(work: () => Promise<unknown>): Promise<{ readonly maxMs: number; readonly p99Ms: number }>;
  stop(): Promise<void>;
}

/** @param root the project's. @param onStarted told the process' id, so that it does not outlive this one. */
export const openDoor = async (
  root: string,
  gateways: readonly WantedGateway[],
  onStarted: (pid: number) => void,
): Promise<Door> => {
  const child = fork(join(root, 'services/gateway/src/bench.main.ts'), {
    execArgv: ['--conditions=@freight/source'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) onStarted(child.pid);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The gateways of the measurement ended')));
  ended.catch(() => {});

  const ask = async <T>(question: object): Promise<T> => {
    const answered = once(child, 'message');
    child.send(question);
    const [{ result, error }] = (await Promise.race([answered, ended])) as [{ result?: T; error?: string }];
    if (error !== undefined) throw new Error(error);
    return result as T;
  };

  const ports = await ask<number[]>({ ask: 'start', gateways });
  return {
    urls: ports.map(port => `http://127.0.0.1:${port}`),
    eventLoopDelayDuring: async work => {
      await ask({ ask: 'watch' });
      await work();
      return ask({ ask: 'watched' });
    },
    stop: async () => {
      await ask({ ask: 'stop' });
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
};
