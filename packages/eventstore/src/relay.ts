import { sleep } from '@freight/kernel';
import { type Database, isTransient, type Leadership } from '@freight/postgres';
import { relayName } from './places.ts';
import { logTables } from './store.ts';
import type { AnyEvent, LogName, RecordedEvent } from './types.ts';

export interface RelayOptions {
  readonly db: Database;
  readonly log: LogName;
  /**
   * Sends one event; resolves when the broker has stored it. A repeat of an event is told by its id.
   * @returns its number in the stream; for a repeat that the broker dropped, the number of the first.
   */
  readonly publish: (event: RecordedEvent) => Promise<number>;
  /** When the broker's stream was made: another answer than last time means that the broker lost what it held. */
  readonly streamCreatedAt: () => Promise<string>;
  readonly onError: (error: unknown) => void;
  /** Told after each round: events sent, and the age of the oldest one that waits, seconds. */
  readonly onRound?: (round: { readonly sent: number; readonly lagSeconds: number }) => void;
  readonly pollMs?: number;
}

export interface Relay {
  /** Looks at once instead of at the next poll. */
  wake(): void;
  stop(): Promise<void>;
}

interface Row {
  tx: string;
  seq: number;
  event_id: string;
  tenant_id: string;
  stream_id: string;
  version: number;
  type: string;
  data: object;
  metadata: object;
  occurred_at: Date;
}

interface Position {
  readonly tx: string;
  readonly seq: number;
  readonly streamCreatedAt: string | null;
  /** Every event of the log up to this place is in the stream up to this number. */
  readonly streamSeq: number;
}

const batchSize = 500;
/** How often a passed place is remembered with its number in the stream, at most. Subscribers' floors are as coarse as this. */
const markEveryMs = 1000;

/** Reads the next events in the global order, only those whose transactions can no longer be joined by an earlier one. */
const readAfter = (db: Database, log: LogName, position: Position): Promise<readonly Row[]> =>
  db.withRole('freight_relay', async sql => {
    // Columns of the log by its name: "order by tx" alone would mean the text that is selected, in which 1000 comes before 999.
    return sql<Row[]>`
      select e.tx::text, e.seq, e.event_id, e.tenant_id, e.stream_id, e.version, e.type, e.data, e.metadata, e.occurred_at
      from ${sql(logTables(log).events)} e
      where (e.tx, e.seq) > (${position.tx}::xid8, ${position.seq}::bigint) and e.tx < pg_snapshot_xmin(pg_current_snapshot())
      order by e.tx, e.seq limit ${batchSize}`;
  });

const loadPosition = (db: Database, name: string): Promise<Position> =>
  db.withoutTenant(async sql => {
    const [row] = await sql<{ tx: string; seq: number; stream_created_at: string | null; stream_seq: number }[]>`
      select tx::text, seq, stream_created_at, stream_seq from relay_positions where relay = ${name}`;
    return row
      ? { tx: row.tx, seq: row.seq, streamCreatedAt: row.stream_created_at, streamSeq: row.stream_seq }
      : { tx: '0', seq: 0, streamCreatedAt: null, streamSeq: 0 };
  });

const storePosition = (db: Database, name: string, position: Position, mark: boolean): Promise<unknown> =>
  db.withoutTenant(async sql => {
    const { tx, seq, streamCreatedAt, streamSeq } = position;
    await sql`
      insert into relay_positions (relay, tx, seq, stream_created_at, stream_seq, updated_at)
      values (${name}, ${tx}::xid8, ${seq}, ${streamCreatedAt}, ${streamSeq}, now())
      on conflict (relay) do update set tx = excluded.tx, seq = excluded.seq,
        stream_created_at = excluded.stream_created_at, stream_seq = excluded.stream_seq, updated_at = now()`;
    if (!mark) return;
    // Two places may have one number, when repeats were sent: the earlier one is right too, and says less.
    await sql`
      insert into relay_marks (relay, stream_created_at, stream_seq, tx, seq)
      values (${name}, ${streamCreatedAt}, ${streamSeq}, ${tx}::xid8, ${seq})
      on conflict do nothing`;
  });

/**
 * Sends rows, streams side by side, the events of one stream one after the other; a stream stops at its first failure, so that no event
 * goes past one that failed.
 * @returns how many rows from the start were all sent: the position may move past those only; and the greatest number that one of those
 * has in the stream.
 */
const sendInOrder = async (
  rows: readonly Row[],
  send: (row: Row) => Promise<number>,
  onError: (error: unknown) => void,
): Promise<{ readonly sent: number; readonly streamSeq: number }> => {
  const byStream = new Map<string, number[]>();
  rows.forEach((row, index) => {
    const list = byStream.get(row.stream_id);
    if (list) list.push(index);
    else byStream.set(row.stream_id, [index]);
  });
  const numbers = new Array<number | undefined>(rows.length).fill(undefined);
  await Promise.all(
    Array.from(byStream.values(), async indexes => {
      try {
        for (const index of indexes) {
          const row = rows[index];
          if (row) numbers[index] = await send(row);
        }
      } catch (error) {
        onError(error);
      }
    }),
  );
  const firstUnsent = numbers.indexOf(undefined);
  const sent = firstUnsent === -1 ? rows.length : firstUnsent;
  return { sent, streamSeq: numbers.slice(0, sent).reduce<number>((most, one) => Math.max(most, one ?? 0), 0) };
};

/**
 * Carries the log to the broker, at least once and in each stream's order. One leader over all processes, by an advisory lock of a session;
 * no transaction is open while it sends, since an open one would hold the snapshot horizon back.
 *
 * States: waiting (somebody else leads) → leading (reads below the horizon, sends, stores the position) → waiting, when the session or
 * the broker is lost. A position is stored only after all before it was sent, so a lost relay repeats and never omits.
 */
export const startRelay = (options: RelayOptions): Relay => {
  const { db, log, onError } = options;
  const name = relayName(log);
  const pollMs = options.pollMs ?? 200;
  const stopping = new AbortController();
  let wakeUp: AbortController = new AbortController();
  let markedAt = -markEveryMs;

  const round = async (position: Position): Promise<Position> => {
    // Made before the look, so that being woken in the middle of a round is not missed.
    wakeUp = new AbortController();
    const createdAt = await options.streamCreatedAt();
    if (position.streamCreatedAt !== createdAt) {
      // The broker starts anew: so does the relay, from the first event. Subscribers drop by id what they had.
      position = { tx: '0', seq: 0, streamCreatedAt: createdAt, streamSeq: 0 };
    }
    const rows = await readAfter(db, log, position);
    const oldest = rows[0];
    const { sent, streamSeq } = await sendInOrder(
      rows,
      row =>
        options.publish({
          id: row.event_id,
          tenantId: row.tenant_id,
          streamId: row.stream_id,
          version: row.version,
          event: { type: row.type, data: row.data } satisfies AnyEvent,
          metadata: row.metadata,
          occurredAt: row.occurred_at,
        }),
      onError,
    );
    options.onRound?.({ sent, lagSeconds: oldest ? (Date.now() - oldest.occurred_at.getTime()) / 1000 : 0 });
    const last = rows[sent - 1];
    if (last) {
      position = { ...position, tx: last.tx, seq: last.seq, streamSeq: Math.max(position.streamSeq, streamSeq) };
      const mark = performance.now() - markedAt >= markEveryMs;
      await storePosition(db, name, position, mark);
      if (mark) markedAt = performance.now();
    }
    // A full page means that more waits; a failure or the end of the log means rest.
    if (sent < batchSize) {
      await sleep(pollMs, AbortSignal.any([wakeUp.signal, stopping.signal]));
    }
    return position;
  };

  const lead = async (leadership: Leadership): Promise<void> => {
    let position = await loadPosition(db, name);
    while (!stopping.signal.aborted && (await leadership.stillLeads())) position = await round(position);
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let leadership: Leadership | undefined;
      try {
        leadership = await db.tryLead(name);
        if (leadership) await lead(leadership);
      } catch (error) {
        if (!isTransient(error)) onError(error);
      } finally {
        await leadership?.resign().catch(onError);
      }
      await sleep(1000, stopping.signal);
    }
  };

  const running = run();
  return {
    wake: () => wakeUp.abort(),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
