import { newId, sleep } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { type RecordedEvent, type Relay, startRelay } from './index.ts';
import { createTinyStore, createTinyTable, moment, until } from './tiny.features.ts';

let database: TestDatabase;
let db: Database;
const relays: Relay[] = [];
const tenantId = newId();
const store = createTinyStore([]);

beforeEach(async () => {
  database = await createTestDatabase();
  await createTinyTable(database);
  db = database.open('freight_jobs');
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map(relay => relay.stop()));
  await database.drop();
});

const append = (streamId: string, n = 1) =>
  db.withTenant(tenantId, sql =>
    store.execute(sql, {
      tenantId,
      streamId,
      command: { add: Array.from({ length: n }, (_, i) => i) },
      expected: 'any',
      metadata: {},
      now: new Date(),
    }),
  );

/** What a broker took, and what it is told to do. */
interface Broker {
  readonly taken: RecordedEvent[];
  readonly errors: unknown[];
  created: string;
  refuse: (event: RecordedEvent) => boolean;
}
const createBroker = (): Broker => ({ taken: [], errors: [], created: 'first', refuse: () => false });

const start = (broker: Broker, door: Database = db, pollMs = 20): Relay => {
  const relay = startRelay({
    db: door,
    log: 'job',
    pollMs,
    publish: event => {
      if (broker.refuse(event)) return Promise.reject(new Error('refused'));
      return Promise.resolve(broker.taken.push(event));
    },
    streamCreatedAt: () => Promise.resolve(broker.created),
    onError: error => broker.errors.push(error),
  });
  relays.push(relay);
  return relay;
};

const versions = (broker: Broker, streamId: string) =>
  broker.taken.filter(event => event.streamId === streamId).map(event => event.version);

const positionIs = async (condition: string) =>
  (await database.admin.unsafe(`select 1 from relay_positions where ${condition}`)).length === 1;

describe('the relay', () => {
  it('sends every event with all that it holds, once while nothing fails, and in each stream’s order', async () => {
    const streams = Array.from({ length: 5 }, () => newId());
    const broker = createBroker();
    start(broker);
    for (let i = 0; i < 10; i++) await Promise.all(streams.map(streamId => append(streamId, 3)));
    await until('all are sent', () => broker.taken.length >= 150);
    for (const streamId of streams)
      expect(versions(broker, streamId)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const [row] =
      await database.admin`select event_id, occurred_at from job_events where stream_id = ${streams[0] ?? ''} and version = 1`;
    expect(broker.taken.find(event => event.streamId === streams[0])).toMatchObject({
      id: row?.['event_id'],
      tenantId,
      version: 1,
      event: { type: 'added', data: { n: 0 } },
      occurredAt: row?.['occurred_at'],
    });
    expect(broker.errors).toEqual([]);
  });

  it('sends nothing past an earlier transaction that is still open, and skips nothing of it when it ends', async () => {
    const broker = createBroker();
    const [early, late] = [newId(), newId()];
    const release = moment();
    const appended = moment();
    const open = db.withTenant(tenantId, async sql => {
      await store.execute(sql, {
        tenantId,
        streamId: early,
        command: { add: [1] },
        expected: 'any',
        metadata: {},
        now: new Date(),
      });
      appended.now();
      await release.come;
    });
    await appended.come;
    for (let i = 0; i < 20; i++) await append(late);
    let rounds = 0;
    relays.push(
      startRelay({
        db,
        log: 'job',
        pollMs: 10,
        publish: event => Promise.resolve(broker.taken.push(event)),
        streamCreatedAt: () => Promise.resolve('first'),
        onError: error => broker.errors.push(error),
        onRound: () => rounds++,
      }),
    );
    await until('the relay has looked several times', () => rounds > 5);
    expect(broker.taken).toEqual([]);
    release.now();
    await open;
    await until('all are sent', () => broker.taken.length >= 21);
    expect(versions(broker, early)).toEqual([1]);
    expect(versions(broker, late)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('goes by the numbers of the transactions, not by their digits, over any number of pages', async () => {
    const streamId = newId();
    // Transactions 1 to 1200, two events each: several pages, and numbers of one to four digits.
    await database.admin`
      insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at, tx)
      select ${tenantId}, ${streamId}, n, gen_random_uuid(), 'added', '{}', '{}', now(), ((n + 1) / 2)::text::xid8
      from generate_series(1, 1200) n order by n`;
    const broker = createBroker();
    start(broker);
    await until('all are sent', () => new Set(versions(broker, streamId)).size === 1200);
    expect(versions(broker, streamId)).toEqual(Array.from({ length: 1200 }, (_, i) => i + 1));
  });

  it('never skips an event, however transactions overlap', async () => {
    const broker = createBroker();
    start(broker, db, 1);
    const streams = Array.from({ length: 60 }, () => newId());
    const wide = database.open('freight_jobs');
    await Promise.all(
      streams.map(async (streamId, i) => {
        for (let n = 0; n < 5; n++)
          await wide
            .withTenant(tenantId, async sql => {
              await sql`select pg_current_xact_id(), pg_sleep(${(i % 5) * 0.004})`;
              await store.execute(sql, {
                tenantId,
                // Pairs of writers on one stream.
                streamId: streams[i - (i % 2)] ?? streamId,
                command: { add: [n] },
                expected: 'any',
                metadata: {},
                now: new Date(),
              });
              await sql`select pg_sleep(${(i % 3) * 0.004})`;
            })
            .catch((error: unknown) => {
              if ((error as { code?: string }).code !== 'concurrent_append') throw error;
            });
      }),
    );
    const [row] = await database.admin<{ n: number }[]>`select count(*)::int as n from job_events`;
    await until('all are sent', () => broker.taken.length >= (row?.n ?? 0));
    for (const streamId of streams) {
      const sent = versions(broker, streamId);
      expect(sent).toEqual(Array.from({ length: sent.length }, (_, i) => i + 1));
    }
    expect(new Set(broker.taken.map(event => event.id)).size).toBe(row?.n);
  });

  it('stops a stream at an event that the broker refuses while the others go on, and goes on in order afterwards', async () => {
    const broker = createBroker();
    const [stuck, fine] = [newId(), newId()];
    broker.refuse = event => event.streamId === stuck && event.version === 2;
    await append(stuck, 4);
    await append(fine, 2);
    start(broker);
    await until('the others are sent', () => versions(broker, fine).length >= 2);
    await append(fine, 1);
    await until('and later ones too', () => versions(broker, fine).includes(3));
    expect(new Set(versions(broker, stuck))).toEqual(new Set([1]));
    expect(broker.errors.length).toBeGreaterThan(0);
    broker.refuse = () => false;
    await until('the stuck one goes on', () => versions(broker, stuck).includes(4));
    const firsts = [...new Set(versions(broker, stuck))];
    expect(firsts).toEqual([1, 2, 3, 4]);
    await until('the position is behind all', async () => {
      const [row] = await database.admin`
        select 1 from relay_positions p where not exists (select from job_events e where (e.tx, e.seq) > (p.tx, p.seq))`;
      return row !== undefined;
    });
  });

  it('sends again what it had sent when it dies before it has noted that, and leaves nothing out', async () => {
    const streamId = newId();
    await append(streamId, 3);
    const broker = createBroker();
    const dying: Database = {
      ...db,
      withoutTenant: work =>
        broker.taken.length === 0 ? db.withoutTenant(work) : Promise.reject(new Error('died before noting')),
    };
    const first = start(broker, dying);
    await until('it has died', () => broker.errors.some(error => String(error).includes('died')));
    await first.stop();
    expect(versions(broker, streamId)).toEqual([1, 2, 3]);
    const next = createBroker();
    start(next);
    await append(streamId, 1);
    await until('all are sent', () => next.taken.length >= 4);
    expect(versions(next, streamId)).toEqual([1, 2, 3, 4]);
    expect(next.taken.slice(0, 3).map(event => event.id)).toEqual(broker.taken.slice(0, 3).map(event => event.id));
  });

  it('goes on where the one before stopped, without repeating', async () => {
    const streamId = newId();
    await append(streamId, 3);
    const broker = createBroker();
    const first = start(broker);
    await until('all are sent', () => broker.taken.length === 3);
    await first.stop();
    expect(await positionIs("stream_created_at = 'first'")).toBe(true);
    await append(streamId, 2);
    start(broker);
    await until('the rest is sent', () => broker.taken.length >= 5);
    expect(versions(broker, streamId)).toEqual([1, 2, 3, 4, 5]);
  });

  it('has one leader of two, and another when that one’s session is lost', async () => {
    const streamId = newId();
    const [one, two] = [createBroker(), createBroker()];
    start(one);
    await append(streamId, 1);
    await until('the first leads', () => one.taken.length === 1);
    start(two, database.open('freight_jobs'));
    for (let i = 0; i < 20; i++) await append(streamId, 1);
    await until('all are sent', () => one.taken.length + two.taken.length >= 21);
    expect(two.taken).toEqual([]);
    const killed = await database.admin`
      select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database())`;
    expect(killed).toHaveLength(1);
    await append(streamId, 5);
    await until('somebody goes on', () => one.taken.length + two.taken.length >= 26);
    const [leaders] = await database.admin<{ n: number }[]>`
      select count(*)::int as n from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database())`;
    expect(leaders?.n).toBe(1);
    expect(new Set([...versions(one, streamId), ...versions(two, streamId)]).size).toBe(26);
  });

  it('starts over when the broker’s stream was made anew, and after a restart too', async () => {
    const streamId = newId();
    await append(streamId, 3);
    const broker = createBroker();
    const first = start(broker);
    await until('all are sent', () => broker.taken.length === 3);
    broker.created = 'second';
    await until('all are sent again', () => broker.taken.length === 6);
    expect(versions(broker, streamId)).toEqual([1, 2, 3, 1, 2, 3]);
    await first.stop();
    broker.created = 'third';
    start(broker);
    await until('and again', () => broker.taken.length === 9);
    expect(await positionIs("stream_created_at = 'third'")).toBe(true);
  });

  it('says of each place that it remembers a number of the stream that nothing up to the place lies beyond', async () => {
    await database.admin`delete from relay_marks`;
    const broker = createBroker();
    broker.created = newId();
    const streams = Array.from({ length: 4 }, () => newId());
    let refused = 0;
    // What fails is overtaken by others of its page, and comes later with a greater number.
    broker.refuse = event => event.streamId === streams[0] && event.version % 5 === 0 && refused++ % 3 !== 2;
    start(broker);
    const before = new Set(broker.taken.map(event => event.id));
    for (let i = 0; i < 12; i++) {
      await Promise.all(streams.map(streamId => append(streamId, 2)));
      await sleep(100);
    }
    await until('all are sent', () => streams.every(id => new Set(versions(broker, id)).size === 24));
    await until('its position is stored', () =>
      positionIs(`stream_created_at = '${broker.created}' and stream_seq > 0`),
    );
    const number = new Map<string, number>();
    broker.taken.forEach((event, index) => {
      if (!number.has(event.id)) number.set(event.id, index + 1);
    });
    const places = await database.admin<{ stream_seq: string; ids: string[] }[]>`
      select m.stream_seq, array(select event_id::text from job_events e where (e.tx, e.seq) <= (m.tx, m.seq)) as ids
      from (select stream_seq, tx, seq from relay_marks where stream_created_at = ${broker.created}
        union all select stream_seq, tx, seq from relay_positions where stream_created_at = ${broker.created}) m`;
    expect(places.length).toBeGreaterThan(1);
    for (const { stream_seq, ids } of places)
      for (const id of ids.filter(one => !before.has(one)))
        expect(number.get(id)).toBeLessThanOrEqual(Number(stream_seq));
  });

  it('looks at once when it is woken, also while it is at work', async () => {
    const broker = createBroker();
    const streamId = newId();
    await append(streamId, 1);
    const sending = moment();
    let rounds = 0;
    const relay = startRelay({
      db,
      log: 'job',
      pollMs: 60_000,
      publish: async event => {
        const number = broker.taken.push(event);
        await sending.come;
        return number;
      },
      streamCreatedAt: () => Promise.resolve('first'),
      onError: error => broker.errors.push(error),
      onRound: () => rounds++,
    });
    relays.push(relay);
    // A transaction of another database of the server may hold the horizon back: then it rests, and is woken.
    await until('it sends', () => {
      if (broker.taken.length === 0) relay.wake();
      return broker.taken.length === 1;
    });
    const before = rounds;
    // It is in the middle of a round. Woken now, it does not rest after it.
    relay.wake();
    sending.now();
    await until('the next round has begun and ended', () => rounds >= before + 2);
    await append(streamId, 1);
    await until('it is woken', () => {
      relay.wake();
      return broker.taken.length === 2;
    });
    expect(versions(broker, streamId)).toEqual([1, 2]);
  });

  it('stops at once, also while it rests or waits for the lead', async () => {
    const relay = start(createBroker(), db, 60_000);
    const waiting = start(createBroker(), db, 60_000);
    await append(newId());
    const begin = performance.now();
    await Promise.all([relay.stop(), waiting.stop()]);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
