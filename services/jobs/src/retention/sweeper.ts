import { tenantSettings } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import { type SweepOptions, sweepTenant } from './sweepTenant.ts';

export interface RetentionOptions extends Omit<SweepOptions, 'signal'> {
  /** For tenants whose settings say nothing; 0: for good. */
  readonly defaultDays: number;
  readonly everyMs: number;
  readonly onError: (error: unknown, tenantId: string | undefined) => void;
}

export interface Retention {
  stop(): Promise<void>;
}

/** A process that is started anew more often than it sweeps must sweep all the same: the first sweep is not later than this, milliseconds. */
const firstAfterMs = 60_000;

/** All tenants with the days for which they keep; undefined: for good. */
const readTenants = ({ db, defaultDays }: RetentionOptions) =>
  db.withRole('freight_dispatcher', async sql => {
    const rows = await sql<{ id: string; settings: unknown }[]>`select id, settings from tenants order by id`;
    return rows.map(row => {
      const days = tenantSettings.parse(row.settings).retentionDays ?? defaultDays;
      return { tenantId: row.id, days: days === 0 ? undefined : days };
    });
  });

/** Sweeps one tenant after the other; what goes wrong with one keeps no other from its turn. */
export const sweepAll = async (options: RetentionOptions, signal: AbortSignal): Promise<void> => {
  for (const { tenantId, days } of await readTenants(options)) {
    if (signal.aborted) return;
    if (days === undefined) continue;
    try {
      await sweepTenant({ ...options, signal }, tenantId, days);
    } catch (error) {
      options.onError(error, tenantId);
    }
  }
};

/** Sweeps now and then, in one of all job services: the others would only do the same again. */
export const startRetention = (options: RetentionOptions): Retention => {
  const stopping = new AbortController();

  const turn = async (): Promise<void> => {
    const leadership = await options.db.tryLead('retention');
    if (!leadership) return;
    try {
      await sweepAll(options, stopping.signal);
    } finally {
      await leadership.resign();
    }
  };

  const run = async (): Promise<void> => {
    await sleep(Math.min(options.everyMs, firstAfterMs), stopping.signal);
    while (!stopping.signal.aborted) {
      await turn().catch((error: unknown) => options.onError(error, undefined));
      await sleep(options.everyMs, stopping.signal);
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
