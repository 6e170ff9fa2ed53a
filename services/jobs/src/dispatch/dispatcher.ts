import { sleep } from '@freight/kernel';
import type { Leadership } from '@freight/postgres';
import { processJob } from '../planning/processJob.ts';
import { readHeldJobs, resumeHeldJob } from '../planning/resumeHeld.ts';
import { createSteps, type RoundOptions, runRound } from './round.ts';

export interface Dispatcher {
  /** Something changed: look now instead of at the next poll. */
  wake(): void;
  stop(): Promise<void>;
}

export interface DispatcherOptions extends RoundOptions {
  readonly pollMs: number;
}

/** How often it is looked whether jobs at their tenant's storage limit may go on, milliseconds: nothing says so when they may. */
const heldEveryMs = 2000;

/**
 * Keeps dispatching while this process leads; another job service takes over when it no longer does. Two leaders for a moment would do no
 * harm: every step is guarded in Postgres.
 */
export const startDispatcher = (options: DispatcherOptions): Dispatcher => {
  const stopping = new AbortController();
  const steps = createSteps(options, job => processJob(job, options));
  let woken = false;
  let heldLookedAt = Number.NEGATIVE_INFINITY;
  let rest = new AbortController();

  const resumeHeld = async (): Promise<void> => {
    if (performance.now() - heldLookedAt < heldEveryMs) return;
    heldLookedAt = performance.now();
    try {
      for (const job of await readHeldJobs(options.db)) await resumeHeldJob(options.db, job, options.now());
    } catch (error) {
      options.onError(error, 'resume at storage limit');
    }
  };

  const lead = async (leadership: Leadership): Promise<void> => {
    while (!stopping.signal.aborted && (await leadership.stillLeads())) {
      woken = false;
      await resumeHeld();
      await runRound(options, steps);
      rest = new AbortController();
      if (!woken) await sleep(options.pollMs, AbortSignal.any([rest.signal, stopping.signal]));
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let leadership: Leadership | undefined;
      try {
        leadership = await options.db.tryLead('dispatcher');
        if (leadership) await lead(leadership);
      } catch (error) {
        options.onError(error, 'lead');
      } finally {
        await leadership?.resign().catch((error: unknown) => options.onError(error, 'resign'));
      }
      await sleep(500, stopping.signal);
    }
  };

  const running = run();
  return {
    wake: () => {
      woken = true;
      rest.abort();
    },
    stop: async () => {
      stopping.abort();
      await running;
      await steps.idle();
    },
  };
};
