import { sleep } from '@freight/kernel';
import { isTransient, type Leadership } from '@freight/postgres';
import { type EraseOptions, eraseTenant } from './eraseTenant.ts';
import { listUnfinished } from './erasures.ts';

export interface Eraser {
  stop(): Promise<void>;
}

export interface EraserOptions extends EraseOptions {
  readonly pollMs: number;
  readonly onErased: (tenantId: string) => void;
  readonly onError: (error: unknown, tenantId?: string) => void;
}

/**
 * Carries out the erasures that were asked for, one after the other, in the process that leads; another takes over when it is lost. Two
 * leaders for a moment would do no harm: every step can be done twice.
 */
export const startEraser = (options: EraserOptions): Eraser => {
  const stopping = new AbortController();

  const round = async (): Promise<void> => {
    for (const tenantId of await listUnfinished(options.db)) {
      if (stopping.signal.aborted) return;
      try {
        if ((await eraseTenant(options, tenantId)) === 'done') options.onErased(tenantId);
      } catch (error) {
        options.onError(error, tenantId);
      }
    }
  };

  const lead = async (leadership: Leadership): Promise<void> => {
    while (!stopping.signal.aborted && (await leadership.stillLeads())) {
      await round();
      await sleep(options.pollMs, stopping.signal);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let leadership: Leadership | undefined;
      try {
        leadership = await options.db.tryLead('eraser');
        if (leadership) await lead(leadership);
      } catch (error) {
        if (!isTransient(error)) options.onError(error);
      } finally {
        await leadership?.resign().catch((error: unknown) => options.onError(error));
      }
      await sleep(options.pollMs, stopping.signal);
    }
  };

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
