import type { Bus, DurableList } from '@freight/bus';
import {
  beginning,
  eventsUpTo,
  isBeyond,
  type LogName,
  logNames,
  type Place,
  type Places,
  placesAt,
  type RelayPlace,
  readRelayPlaces,
} from '@freight/eventstore';
import type { Database, TenantSql } from '@freight/postgres';
import type { Desired, Floor } from './desired.ts';

type RelayPlaces = Readonly<Record<LogName, RelayPlace>>;

/**
 * Where a new subscription begins. `all`: at the beginning of both logs. `new`: where the relays are, which every later event lies beyond;
 * what was decided and not yet sent comes along.
 */
export const firstFloor = (startAt: 'new' | 'all', relays: RelayPlaces): Floor => {
  if (startAt === 'all') return { places: { tenant: beginning, job: beginning }, streamCreatedAt: null, streamSeq: 0 };
  const { tenant, job } = relays;
  // A relay that never sent anything counts in no stream.
  const streams = new Set([tenant, job].flatMap(one => one.streamCreatedAt ?? []));
  const [stream] = streams;
  return {
    places: { tenant: tenant.place, job: job.place },
    streamCreatedAt: streams.size === 1 && stream !== undefined ? stream : null,
    // The greater one: whatever is sent from now on gets a number beyond both.
    streamSeq: Math.max(tenant.streamSeq, job.streamSeq),
  };
};

export const storeFirstFloor = (sql: TenantSql, subscriptionId: string, floor: Floor) => {
  const { tenant, job } = floor.places;
  return sql`
    insert into subscription_floors
      (tenant_id, subscription_id, tenant_tx, tenant_seq, job_tx, job_seq, stream_created_at, stream_seq)
    values (freight_tenant(), ${subscriptionId}, ${tenant.tx}::xid8, ${tenant.seq}, ${job.tx}::xid8, ${job.seq},
      ${floor.streamCreatedAt}, ${floor.streamSeq})`;
};

/**
 * The number of the stream that a durable has to begin at, so that nothing is left out that was not acknowledged.
 * @returns undefined while the relays are still filling a new stream up to the floor: what lies below it is not told apart yet.
 */
export const findStart = async (
  db: Database,
  bus: Bus,
  { tenantId, subject, logs, floor }: Desired,
  streamCreatedAt: string,
): Promise<number | undefined> => {
  if (floor.streamCreatedAt === streamCreatedAt) return floor.streamSeq + 1;
  const begun = logs.filter(log => isBeyond(floor.places[log], beginning));
  if (begun.length === 0) return 1;
  const relays = await readRelayPlaces(db);
  const isFilled = begun.every(
    log => relays[log].streamCreatedAt === streamCreatedAt && !isBeyond(floor.places[log], relays[log].place),
  );
  if (!isFilled) return undefined;
  let start = 1;
  for await (const page of bus.subscribers.readNames(subject)) {
    const passed = new Set<string>();
    for (const [log, aggregate] of [['tenant', 'tenants'] as const, ['job', 'jobs'] as const]) {
      const names = page.filter(one => one.aggregate === aggregate && Number.isSafeInteger(one.version));
      if (names.length === 0) continue;
      for (const name of await eventsUpTo(db, log, tenantId, names, floor.places[log])) passed.add(name);
    }
    const first = page.find(one => !passed.has(`${one.streamId}:${one.version}`));
    if (first) return first.seq;
    start = (page.at(-1)?.seq ?? 0) + 1;
  }
  return start;
};

const farther = (one: Place, other: Place | undefined): Place => (other && isBeyond(other, one) ? other : one);

const saveFloor = (db: Database, { tenantId, id }: Desired, floor: Floor): Promise<unknown> => {
  const { tenant, job } = floor.places;
  return db.withTenant(
    tenantId,
    sql => sql`
      update subscription_floors set tenant_tx = ${tenant.tx}::xid8, tenant_seq = ${tenant.seq}, job_tx = ${job.tx}::xid8,
        job_seq = ${job.seq}, stream_created_at = ${floor.streamCreatedAt}, stream_seq = ${floor.streamSeq}, updated_at = now()
      where tenant_id = freight_tenant() and subscription_id = ${id}`,
  );
};

/** Saves how far the durables have come since the last time. A floor in the logs never goes back. */
export const saveFloors = async (
  db: Database,
  desired: readonly Desired[],
  relays: RelayPlaces,
  { streamCreatedAt, durables }: DurableList,
): Promise<void> => {
  const found = new Map(durables.map(one => [one.durable, one]));
  for (const one of desired) {
    const durable = found.get(one.durable);
    const { floor } = one;
    if (!durable) continue;
    if (floor.streamCreatedAt === streamCreatedAt && floor.streamSeq === durable.ackFloor) continue;
    // Nothing was left when the list was made, and the relays were read before it: all that they had sent was acknowledged.
    const reached: Partial<Places> = durable.isCaughtUp
      ? Object.fromEntries(
          logNames.filter(log => relays[log].streamCreatedAt === streamCreatedAt).map(log => [log, relays[log].place]),
        )
      : await placesAt(db, streamCreatedAt, durable.ackFloor);
    await saveFloor(db, one, {
      places: {
        tenant: farther(floor.places.tenant, reached.tenant),
        job: farther(floor.places.job, reached.job),
      },
      streamCreatedAt,
      streamSeq: durable.ackFloor,
    });
  }
};
