import { newId } from '@freight/kernel';
import type { Database, TenantSql } from '@freight/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { type ExpectedVersion, readStream, rebuild } from './index.ts';
import {
  createTinyStore,
  createTinyTable,
  moment,
  type TinyCommand,
  type TinyEvent,
  tinyDecider,
  tinyProjection,
  until,
} from './tiny.features.ts';

let database: TestDatabase;
let db: Database;
const tenantId = newId();
const store = createTinyStore();
const now = new Date('2026-10-01T12:00:00.123Z');

beforeAll(async () => {
  database = await createTestDatabase();
  await createTinyTable(database);
  db = database.open('freight_jobs');
});
afterAll(() => database.drop());

const run = (
  sql: TenantSql,
  streamId: string,
  command: TinyCommand,
  expected: ExpectedVersion = 'any',
  tenant: string = tenantId,
) => store.execute(sql, { tenantId: tenant, streamId, command, expected, metadata: { commandId: streamId }, now });

const execute = (
  streamId: string,
  command: TinyCommand,
  expected: ExpectedVersion = 'any',
  tenant: string = tenantId,
) => db.withTenant(tenant, sql => run(sql, streamId, command, expected, tenant));

/** Rows of a stream in the log, the states and the read model. */
const rowsOf = async (streamId: string) => {
  const [row] = await database.admin`
    select (select count(*)::int from job_events where stream_id = ${streamId}) as events,
      (select count(*)::int from job_streams where stream_id = ${streamId}) as states,
      (select count(*)::int from tiny where id = ${streamId}) as models`;
  return row;
};

/** Everything of a tenant that a rebuild writes, as text. */
const dump = async (tenant: string) => {
  const models = await database.admin`select t::text from tiny t where tenant_id = ${tenant} order by id`;
  const states = await database.admin`select s::text from job_streams s where tenant_id = ${tenant} order by stream_id`;
  return [...models, ...states].map(row => Object.values(row)[0] as string);
};

describe('executing a command', () => {
  it('records events, state and read model together', async () => {
    const streamId = newId();
    const result = await execute(streamId, { add: [1, 2] }, 'no_stream');
    expect(result).toMatchObject({ ok: true, value: { version: 2, state: { sum: 5 } } });
    expect(await rowsOf(streamId)).toEqual({ events: 2, states: 1, models: 1 });
    const log = await db.withTenant(tenantId, sql =>
      readStream<TinyEvent>(sql, 'job', streamId, { after: 0, limit: 10 }),
    );
    expect(log).toEqual(result.ok && result.value.events);
    expect(log.map(one => [one.version, one.event.data.n, one.metadata, one.occurredAt])).toEqual([
      [1, 1, { commandId: streamId }, now],
      [2, 2, { commandId: streamId }, now],
    ]);
  });

  it('records nothing when the transaction fails afterwards, or its read model does', async () => {
    const [streamId, other] = [newId(), newId()];
    const failed = db.withTenant(tenantId, async sql => {
      await run(sql, streamId, { add: [1] });
      throw new Error('afterwards');
    });
    await expect(failed).rejects.toThrow('afterwards');
    const broken = createTinyStore([
      tinyProjection,
      { name: 'broken', tables: [], apply: () => Promise.reject(new Error('the read model')) },
    ]);
    const refused = db.withTenant(tenantId, sql =>
      broken.execute(sql, { tenantId, streamId: other, command: { add: [1] }, expected: 'any', metadata: {}, now }),
    );
    await expect(refused).rejects.toThrow('the read model');
    for (const id of [streamId, other]) expect(await rowsOf(id)).toEqual({ events: 0, states: 0, models: 0 });
  });

  it('changes nothing when it is refused, or when everything is so already', async () => {
    const streamId = newId();
    expect(await execute(streamId, { refuse: true })).toEqual({ ok: false, error: 'no' });
    expect(await execute(streamId, { add: [] })).toMatchObject({ ok: true, value: { version: 0, events: [] } });
    expect(await rowsOf(streamId)).toEqual({ events: 0, states: 0, models: 0 });
  });

  it('holds the stream to the version that was expected', async () => {
    const streamId = newId();
    const mismatch = (actual: number) => ({ ok: false, error: { code: 'version_mismatch', actual } });
    expect(await execute(streamId, { add: [1] }, 1)).toEqual(mismatch(0));
    expect(await execute(streamId, { add: [1] }, 0)).toMatchObject({ ok: true });
    expect(await execute(streamId, { add: [1] }, 'no_stream')).toEqual(mismatch(1));
    expect(await execute(streamId, { add: [1] }, 2)).toEqual(mismatch(1));
    expect(await execute(streamId, { add: [1] }, 1)).toMatchObject({ ok: true, value: { version: 2 } });
    expect(await execute(streamId, { add: [1] }, 'any')).toMatchObject({ ok: true, value: { version: 3 } });
    expect(await rowsOf(streamId)).toEqual({ events: 3, states: 1, models: 1 });
  });

  it('of another tenant sees an empty stream under the same id, and leaves this one alone', async () => {
    const streamId = newId();
    await execute(streamId, { add: [1] });
    const other = newId();
    expect(await execute(streamId, { add: [7] }, 'no_stream', other)).toMatchObject({
      ok: true,
      value: { version: 1, state: { sum: 7 } },
    });
    expect(await db.withTenant(tenantId, sql => store.load(sql, streamId))).toMatchObject({
      version: 1,
      state: { sum: 1 },
    });
  });
});

describe('two commands of one stream at once', () => {
  const waits = async () => {
    const [row] = await database.admin<{ n: number }[]>`
      select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return (row?.n ?? 0) > 0;
  };

  it('run one after the other: the second waits and decides on what the first left', async () => {
    const streamId = newId();
    await execute(streamId, { add: [1] });
    const release = moment();
    const first = db.withTenant(tenantId, async sql => {
      await run(sql, streamId, { add: [2] });
      await release.come;
    });
    await until('the first has appended', async () => {
      const [row] =
        await database.admin`select 1 from pg_locks where mode = 'RowExclusiveLock' and relation = 'tiny'::regclass`;
      return row !== undefined;
    });
    const second = execute(streamId, { add: [3] });
    const late = execute(streamId, { add: [4] }, 1);
    await until('the second waits', waits);
    release.now();
    await first;
    expect(await second).toMatchObject({ ok: true, value: { state: { sum: 18 } } });
    expect(await late).toEqual({
      ok: false,
      error: { code: 'version_mismatch', actual: expect.any(Number) as number },
    });
  });

  it('that both make the stream: one wins, the other is told to run again, and nothing of it stays', async () => {
    const streamId = newId();
    const release = moment();
    const appended = moment();
    const first = db.withTenant(tenantId, async sql => {
      await run(sql, streamId, { add: [1] }, 'no_stream');
      appended.now();
      await release.come;
    });
    await appended.come;
    const second = execute(streamId, { add: [2] }, 'no_stream').catch((error: unknown) => error);
    await until('the second waits', waits);
    release.now();
    await first;
    expect(await second).toMatchObject({ code: 'concurrent_append', retry: 'retryable' });
    expect(await rowsOf(streamId)).toEqual({ events: 1, states: 1, models: 1 });
    expect(await execute(streamId, { add: [2] })).toMatchObject({ ok: true, value: { version: 2 } });
  });

  it('never lose or double one, however many there are', async () => {
    const streamId = newId();
    await execute(streamId, { add: [0] });
    await Promise.all(Array.from({ length: 40 }, () => execute(streamId, { add: [1] })));
    expect(await rowsOf(streamId)).toEqual({ events: 41, states: 1, models: 1 });
    const [loaded, replayed] = await db.withTenant(tenantId, async sql => [
      await store.load(sql, streamId),
      await store.replay(sql, streamId),
    ]);
    expect(replayed).toEqual(loaded);
  });

  it('stand in the log’s order as in the stream’s, also when the later one’s transaction began first', async () => {
    const streamId = newId();
    await execute(streamId, { add: [1] });
    const begun = moment();
    const goOn = moment();
    // Its transaction gets its number here, as by locking its command's row, before the other's does.
    const early = db.withTenant(tenantId, async sql => {
      await sql`select pg_current_xact_id()`;
      begun.now();
      await goOn.come;
      return run(sql, streamId, { add: [3] });
    });
    await begun.come;
    await execute(streamId, { add: [2] });
    goOn.now();
    expect(await early).toMatchObject({ ok: true, value: { version: 3 } });
    const inOrder = await database.admin<{ version: string }[]>`
      select version from job_events where stream_id = ${streamId} order by tx, seq`;
    expect(inOrder.map(row => Number(row.version))).toEqual([1, 2, 3]);
  });
});

describe('replaying', () => {
  it('gives the stored state, also of a stream that is longer than a page', async () => {
    const streamId = newId();
    for (let i = 0; i < 3; i++)
      await execute(streamId, { add: Array.from({ length: 800 }, (_, n) => n % 2), note: `part ${i}` });
    const { loaded, replayed } = await db.withTenant(tenantId, async sql => ({
      loaded: await store.load(sql, streamId),
      replayed: await store.replay(sql, streamId),
    }));
    expect(loaded.version).toBe(2400);
    expect(replayed).toEqual(loaded);
  });

  it('of a stream that is not there is its beginning', async () => {
    expect(await db.withTenant(tenantId, sql => store.replay(sql, newId()))).toEqual({
      state: tinyDecider.initialState,
      version: 0,
    });
  });
});

describe('a rebuild', () => {
  const rebuildAll = () => rebuild({ db, log: 'job', decider: tinyDecider, projections: [tinyProjection] });

  it('gives the very same states and read models, whatever they had become, and repairs nobody else’s', async () => {
    const [one, two] = [newId(), newId()];
    for (const tenant of [one, two]) {
      const streams = [newId(), newId(), newId()];
      for (let i = 0; i < 12; i++)
        await execute(streams[i % 3] ?? '', { add: [i, i * i], note: `note ${i}` }, 'any', tenant);
    }
    const before = [await dump(one), await dump(two)];
    expect(before[0]).toHaveLength(6);
    await database.admin`update tiny set digest = 'wrong', at = now() where tenant_id = ${one}`;
    await database.admin`delete from tiny where tenant_id = ${two}`;
    await database.admin`insert into tiny values (${two}, ${newId()}, 'of nobody', 1, now())`;
    await database.admin`update job_streams set state = '{}', updated_at = now() where tenant_id = ${one}`;
    expect([await dump(one), await dump(two)]).not.toEqual(before);
    const { tenants, events } = await rebuildAll();
    expect([await dump(one), await dump(two)]).toEqual(before);
    const [row] =
      await database.admin`select count(*)::int as events, count(distinct tenant_id)::int as tenants from job_events`;
    expect({ tenants, events }).toEqual(row);
  });

  it('restores a lost state too', async () => {
    const [tenant, streamId] = [newId(), newId()];
    await execute(streamId, { add: [1, 2] }, 'any', tenant);
    const before = await dump(tenant);
    await database.admin`delete from job_streams where tenant_id = ${tenant}`;
    await rebuildAll();
    expect(await dump(tenant)).toEqual(before);
  });

  it('loses no stream that is made or changed meanwhile: both wait for its end', async () => {
    const [known, made] = [newId(), newId()];
    // Tenants are rebuilt one after the other: the first one's rebuild is the one that stands still.
    const [row] = await database.admin<{ tenant: string }[]>`
      select tenant_id as tenant from (select distinct tenant_id from job_events) t order by 1 limit 1`;
    const first = row?.tenant ?? '';
    await execute(known, { add: [1] }, 'any', first);
    await database.admin`create table held (tenant_id uuid)`;
    await database.admin`grant select, delete on held to freight_jobs`;
    const release = moment();
    const holding = moment();
    const holder = database.admin.begin(async sql => {
      await sql`lock table held in share mode`;
      holding.now();
      await release.come;
    });
    await holding.come;
    // It stands still between reading the log and emptying the read model.
    const standing = { name: 'held', tables: ['held'], apply: () => Promise.resolve() };
    const rebuilding = rebuild({ db, log: 'job', decider: tinyDecider, projections: [standing, tinyProjection] });
    const waiting = async (n: number) => {
      const [locks] = await database.admin<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return (locks?.n ?? 0) >= n;
    };
    await until('the rebuild stands still', () => waiting(1));
    const done: string[] = [];
    const changes = [made, known].map(async streamId => {
      await execute(streamId, { add: [2] }, 'any', first);
      done.push(streamId);
    });
    await until('both wait or are done', async () => done.length === 2 || (await waiting(3)));
    release.now();
    await Promise.all([holder, rebuilding, ...changes]);
    const after = await dump(first);
    expect(after.filter(line => line.includes(made))).toHaveLength(2);
    expect(after.filter(line => line.includes(known))).toHaveLength(2);
    await rebuildAll();
    expect(await dump(first)).toEqual(after);
  });
});
