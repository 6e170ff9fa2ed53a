import { type Bus, connectAccounts } from '@freight/bus';
import { sleep } from '@freight/kernel';
import type { SigningKeys } from '@freight/natsauth';
import { type Database, isTransient, type Leadership, type TenantSql } from '@freight/postgres';
import { createReconciler } from './reconcile.ts';

export interface SubscriptionsOptions {
  readonly db: Database;
  readonly bus: Bus;
  readonly natsUrl: string;
  readonly signing: SigningKeys;
  readonly onError: (error: unknown) => void;
}

export interface Subscriptions {
  /** Says that the transaction changes who may subscribe. */
  changed(sql: TenantSql): void;
  /** The door whose transactions, when they changed that, end only after the broker was told, or after a moment. */
  readonly db: Database;
  stop(): Promise<void>;
}

/** What another process committed is seen after this, milliseconds: well below the second in which a revoked subscriber is out. */
const pollMs = 250;
/** After a round in which something failed, so that the log is not flooded with it, milliseconds. */
const failedPollMs = 500;
/** How long an answer waits for the broker to know; it will know in any case. */
const toldWithinMs = 2000;

/** Keeps the broker like the subscriptions, in one process at a time. */
export const startSubscriptions = async (options: SubscriptionsOptions): Promise<Subscriptions> => {
  const { db, bus, onError } = options;
  const stopping = new AbortController();
  const changes = new WeakSet<TenantSql>();
  let leads = false;
  let wakeUp = new AbortController();
  let begun = 0;
  let roundEnds = Promise.withResolvers<number>();

  const accounts = await connectAccounts({
    url: options.natsUrl,
    credentials: options.signing.claims,
    name: 'freight-tenants accounts',
    onReconnect: () => reconciler.doubt(),
  });
  const reconciler = createReconciler({ db, bus, accounts, signing: options.signing, onError });

  const lead = async (leadership: Leadership): Promise<void> => {
    reconciler.doubt();
    leads = true;
    while (!stopping.signal.aborted && (await leadership.stillLeads())) {
      wakeUp = new AbortController();
      const number = ++begun;
      const outcome = await reconciler.round();
      const ended = roundEnds;
      roundEnds = Promise.withResolvers<number>();
      ended.resolve(number);
      await sleep(outcome === 'well' ? pollMs : failedPollMs, AbortSignal.any([wakeUp.signal, stopping.signal]));
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let leadership: Leadership | undefined;
      try {
        leadership = await db.tryLead('subscriptions');
        if (leadership) await lead(leadership);
      } catch (error) {
        if (!isTransient(error)) onError(error);
      } finally {
        leads = false;
        await leadership?.resign().catch(onError);
      }
      await sleep(1000, stopping.signal);
    }
  };

  /** Resolves when a round that began after this call has ended. */
  const told = async (): Promise<void> => {
    const before = begun;
    wakeUp.abort();
    while (leads && (await roundEnds.promise) <= before);
  };

  const running = run();
  return {
    changed: sql => void changes.add(sql),
    db: {
      ...db,
      withTenant: async (tenantId, work) => {
        let used: TenantSql | undefined;
        const result = await db.withTenant(tenantId, sql => {
          used = sql;
          return work(sql);
        });
        if (used && changes.has(used)) await Promise.race([told(), sleep(toldWithinMs, stopping.signal)]);
        return result;
      },
    },
    stop: async () => {
      stopping.abort();
      await running;
      await accounts.close();
    },
  };
};
