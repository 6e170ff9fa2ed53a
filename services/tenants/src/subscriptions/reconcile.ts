import type { Accounts, Bus } from '@freight/bus';
import { pruneMarks, readRelayPlaces } from '@freight/eventstore';
import { forgetAccounts, type SigningKeys, subscriberAccount } from '@freight/natsauth';
import type { Database } from '@freight/postgres';
import { type Desired, markEnded, ownAccounts, readDesired } from './desired.ts';
import { findStart, saveFloors } from './floors.ts';

export interface ReconcileOptions {
  readonly db: Database;
  readonly bus: Bus;
  readonly accounts: Accounts;
  readonly signing: SigningKeys;
  readonly onError: (error: unknown) => void;
}

/** Compares the subscriptions with the broker, and makes the broker like them. */
export interface Reconciler {
  /** One look at all of them. What fails is told and tried again at the next one. @returns whether something failed. */
  round(): Promise<'well' | 'failed'>;
  /** What is believed of the broker may be wrong: the next round asks it. */
  doubt(): void;
}

/** How often the broker is asked what it really has, and floors are saved, milliseconds. */
const lookEveryMs = 5000;

/** What the broker is believed to have. */
interface Seen {
  readonly streamCreatedAt: string;
  readonly accounts: Set<string>;
  readonly durables: Set<string>;
}

/**
 * Level-triggered: whatever was interrupted, lost or wiped shows as a difference in some later round. One process at a time does it; should
 * two, each does no harm to the other, as all steps can be repeated and floors never go back.
 */
export const createReconciler = ({ db, bus, accounts, signing, onError }: ReconcileOptions): Reconciler => {
  let seen: Seen | undefined;
  let lookedAt = 0;
  let failed = false;

  const forget = async (keys: readonly string[]): Promise<void> => {
    if (keys.length === 0) return;
    try {
      await accounts.forget(await forgetAccounts(signing, keys));
    } catch (error) {
      // One that it does not know makes the broker refuse, although it has forgotten the others.
      const known = new Set(await accounts.list());
      if (keys.some(key => known.has(key))) throw error;
    }
    for (const key of keys) seen?.accounts.delete(key);
  };

  /** Asks the broker for everything, saves the floors, and ends what nobody wants. */
  const look = async (desired: readonly Desired[]): Promise<void> => {
    // Before the list: what the relays have sent by then is in it.
    const relays = await readRelayPlaces(db);
    const list = await bus.subscribers.list();
    await saveFloors(db, desired, relays, list);
    const lowest = list.durables.reduce((least, one) => Math.min(least, one.ackFloor), Number.MAX_SAFE_INTEGER);
    await pruneMarks(db, list.streamCreatedAt, Math.max(list.firstSeq - 1, lowest));

    const known = await accounts.list();
    seen = {
      streamCreatedAt: list.streamCreatedAt,
      accounts: new Set(known),
      durables: new Set(list.durables.map(one => one.durable)),
    };
    const wanted = new Set(desired.map(one => one.durable));
    for (const durable of seen.durables) if (!wanted.has(durable)) await bus.subscribers.end(durable);
    // An older copy of the resolver's folder may bring revoked ones back; accounts of others are left alone.
    const open = new Set(desired.filter(one => one.state === 'open').map(one => one.accountKey));
    await forget(
      await ownAccounts(
        db,
        known.filter(key => !open.has(key)),
      ),
    );
  };

  const close = async (those: readonly Desired[]): Promise<void> => {
    const shut = those.filter(one => one.state === 'revoked' || seen?.accounts.has(one.accountKey));
    await forget(shut.map(one => one.accountKey));
    for (const one of shut.filter(({ state }) => state === 'revoked')) {
      await bus.subscribers.end(one.durable);
      await markEnded(db, one);
    }
  };

  const open = async (one: Desired, { streamCreatedAt, accounts: knownAccounts, durables }: Seen): Promise<void> => {
    if (!durables.has(one.durable)) {
      const startSeq = await findStart(db, bus, one, streamCreatedAt);
      if (startSeq !== undefined) {
        await bus.subscribers.make({ durable: one.durable, subject: one.subject, startSeq, streamCreatedAt });
        durables.add(one.durable);
      }
    }
    if (one.state === 'open' && !knownAccounts.has(one.accountKey)) {
      await accounts.put(await subscriberAccount(signing, { subscriptionId: one.id, accountKey: one.accountKey }));
      knownAccounts.add(one.accountKey);
    }
  };

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      onError(error);
      failed = true;
      seen = undefined;
    }
  };

  return {
    round: async () => {
      failed = false;
      if (!bus.isConnected() || !accounts.isConnected()) return 'well';
      const desired = await readDesired(db);
      // First, and whatever else fails: that a revoked subscriber is out is a promise with a time.
      await attempt(() => close(desired.filter(one => one.state !== 'open')));
      if (desired.length === 0 && seen) return failed ? 'failed' : 'well';
      await attempt(async () => {
        const streamCreatedAt = await bus.eventsCreatedAt();
        if (seen?.streamCreatedAt === streamCreatedAt && performance.now() - lookedAt < lookEveryMs) return;
        await look(desired);
        lookedAt = performance.now();
      });
      for (const one of desired) {
        const believed = seen;
        if (!believed) break;
        if (one.state !== 'revoked') await attempt(() => open(one, believed));
      }
      return failed ? 'failed' : 'well';
    },
    doubt: () => {
      seen = undefined;
    },
  };
};
