import type { Database } from '@freight/postgres';
import { logTables } from './store.ts';
import type { LogName } from './types.ts';

/** A place in the global order of a log. It stays what it is when the broker loses its stream. */
export interface Place {
  readonly tx: string;
  readonly seq: number;
}

export type Places = Readonly<Record<LogName, Place>>;

/** How far a relay has come: everything up to `place` is in the stream made at `streamCreatedAt`, up to the number `streamSeq`. */
export interface RelayPlace {
  readonly place: Place;
  readonly streamCreatedAt: string | null;
  readonly streamSeq: number;
}

export const logNames: readonly LogName[] = ['tenant', 'job'];

/** The name of a log's relay: of its lock, its position and its marks. */
export const relayName = (log: LogName): string => `relay ${log}`;

export const beginning: Place = { tx: '0', seq: 0 };

export const isBeyond = (one: Place, other: Place): boolean => {
  const [a, b] = [BigInt(one.tx), BigInt(other.tx)];
  return a > b || (a === b && one.seq > other.seq);
};

interface PlaceRow {
  readonly relay: string;
  readonly tx: string;
  readonly seq: number;
}

/** How far both relays have come; a log that was never sent anything of is at its beginning. */
export const readRelayPlaces = async (db: Database): Promise<Readonly<Record<LogName, RelayPlace>>> => {
  const rows = await db.withoutTenant(
    sql => sql<(PlaceRow & { readonly stream_created_at: string | null; readonly stream_seq: number })[]>`
      select relay, tx::text, seq, stream_created_at, stream_seq from relay_positions`,
  );
  const of = (log: LogName): RelayPlace => {
    const row = rows.find(one => one.relay === relayName(log));
    return row
      ? { place: { tx: row.tx, seq: row.seq }, streamCreatedAt: row.stream_created_at, streamSeq: row.stream_seq }
      : { place: beginning, streamCreatedAt: null, streamSeq: 0 };
  };
  return { tenant: of('tenant'), job: of('job') };
};

/**
 * The farthest places of both logs up to which everything is in the stream at or below a number: who has acknowledged up to the number
 * has acknowledged everything up to the places. A log without a mark that low is missing from the answer.
 */
export const placesAt = async (db: Database, streamCreatedAt: string, streamSeq: number): Promise<Partial<Places>> => {
  const rows = await db.withoutTenant(
    sql => sql<PlaceRow[]>`
      select distinct on (relay) relay, tx::text, seq from (
        (select distinct on (relay) relay, tx, seq from relay_marks
          where stream_created_at = ${streamCreatedAt} and stream_seq <= ${streamSeq} order by relay, stream_seq desc)
        union all
        select relay, tx, seq from relay_positions
          where stream_created_at = ${streamCreatedAt} and stream_seq <= ${streamSeq}) as passed
      order by relay, tx desc, seq desc`,
  );
  return Object.fromEntries(
    logNames.flatMap(log => {
      const row = rows.find(one => one.relay === relayName(log));
      return row ? [[log, { tx: row.tx, seq: row.seq }] as const] : [];
    }),
  );
};

/** Removes the marks that nobody will ask for: of former streams, and all but one of those at or below a number. */
export const pruneMarks = (db: Database, streamCreatedAt: string, streamSeq: number): Promise<unknown> =>
  db.withoutTenant(async sql => {
    await sql`delete from relay_marks where stream_created_at <> ${streamCreatedAt}`;
    await sql`
      delete from relay_marks m using (
        select relay, max(stream_seq) as last from relay_marks
        where stream_created_at = ${streamCreatedAt} and stream_seq <= ${streamSeq} group by relay) as kept
      where m.relay = kept.relay and m.stream_seq < kept.last`;
  });

/** An event as its subject and its version name it. */
export interface EventName {
  readonly streamId: string;
  readonly version: number;
}

/** Which of a tenant's events lie at or below a place of their log, as `<stream>:<version>`. */
export const eventsUpTo = async (
  db: Database,
  log: LogName,
  tenantId: string,
  names: readonly EventName[],
  place: Place,
): Promise<ReadonlySet<string>> => {
  const rows = await db.withRole(
    'freight_relay',
    sql => sql<{ name: string }[]>`
      select e.stream_id || ':' || e.version as name
      from unnest(${names.map(one => one.streamId)}::uuid[], ${names.map(one => one.version)}::bigint[]) as asked (stream_id, version)
      join ${sql(logTables(log).events)} e on e.tenant_id = ${tenantId} and e.stream_id = asked.stream_id and e.version = asked.version
      where (e.tx, e.seq) <= (${place.tx}::xid8, ${place.seq}::bigint)`,
  );
  return new Set(rows.map(row => row.name));
};
