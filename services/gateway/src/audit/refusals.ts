import type { NewAuditEntry } from '@freight/audit';

/** In whose logs something belongs: the caller's, and that of the tenant that an operator wanted to act on. */
export interface Tenants {
  readonly caller: string;
  readonly subject: string;
}

/** Collects what was refused, so that many equal refusals are one entry, written soon and by nobody who waits for an answer. */
export interface Refusals {
  note(tenants: Tenants, entry: NewAuditEntry): void;
  /** Writes what was collected and ends. */
  stop(): Promise<void>;
}

export interface RefusalsOptions {
  readonly write: (tenants: Tenants, entries: readonly NewAuditEntry[]) => Promise<void>;
  /** How long equal refusals are counted together. Milliseconds. */
  readonly windowMs: number;
  /** Different refusals of one caller's tenant in a window that get an entry of their own; the rest is told apart by key and code only. */
  readonly distinctMax: number;
  /** Entries that wait at most; a refusal more is dropped and counted. */
  readonly waitingMax: number;
  readonly onDropped: (count: number) => void;
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly tenants: Tenants;
  readonly entry: NewAuditEntry;
  count: number;
}

/** Without what a flood can vary: addresses, operations, ids. */
const coarse = (entry: NewAuditEntry): NewAuditEntry => ({
  ...entry,
  source: null,
  operation: null,
  resourceKind: null,
  resourceId: null,
});

const keyOf = ({ caller, subject }: Tenants, e: NewAuditEntry): string =>
  JSON.stringify([caller, subject, e.actorId, e.source, e.operation, e.resourceId, e.status, e.code]);

/**
 * Bounded in every direction: how much is written in a window by one tenant's keys, how much is kept while Postgres is away, and how long
 * something waits. What comes first is told in full; a flood is counted, not listed.
 */
export const startRefusals = (options: RefusalsOptions): Refusals => {
  const { distinctMax, waitingMax } = options;
  let waiting = new Map<string, Waiting>();
  let distinct = new Map<string, number>();

  /** Counts it with an equal one, or puts it there while there is room. @returns false when there is none. */
  const put = (tenants: Tenants, entry: NewAuditEntry, count: number, room: boolean): boolean => {
    const key = keyOf(tenants, entry);
    const same = waiting.get(key);
    if (same) same.count += count;
    else if (room) waiting.set(key, { tenants, entry, count });
    return same !== undefined || room;
  };

  const add = (tenants: Tenants, entry: NewAuditEntry, count: number): void => {
    const { caller } = tenants;
    const own = distinct.get(caller) ?? 0;
    const hasRoom = waiting.size < waitingMax;
    const before = waiting.size;
    if (put(tenants, entry, count, hasRoom && own < distinctMax)) {
      if (waiting.size > before) distinct.set(caller, own + 1);
    } else if (!put({ caller, subject: caller }, coarse(entry), count, hasRoom)) {
      options.onDropped(count);
    }
  };

  const flush = async (): Promise<void> => {
    const batch = new Map<string, Waiting[]>();
    for (const one of waiting.values()) {
      const name = `${one.tenants.subject} ${one.tenants.caller}`;
      batch.set(name, [...(batch.get(name) ?? []), one]);
    }
    waiting = new Map();
    distinct = new Map();
    for (const group of batch.values()) {
      const [first] = group;
      if (!first) continue;
      try {
        await options.write(
          first.tenants,
          group.map(({ entry, count }) => ({ ...entry, count })),
        );
      } catch (error) {
        options.onError(error);
        // At the next turn, if there is room.
        for (const { tenants, entry, count } of group) add(tenants, entry, count);
      }
    }
  };

  let flushing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    flushing = flushing.then(flush);
  }, options.windowMs);
  return {
    note: (tenants, entry) => add(tenants, entry, entry.count ?? 1),
    stop: async () => {
      clearInterval(timer);
      await flushing;
      await flush();
      // What could not be written now never will be.
      const lost = [...waiting.values()].reduce((sum, one) => sum + one.count, 0);
      if (lost > 0) options.onDropped(lost);
    },
  };
};
