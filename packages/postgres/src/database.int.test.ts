import { newId } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { type Database, openDatabase } from './database.ts';

let database: TestDatabase;
const opened: Database[] = [];
const a = newId();
const b = newId();

/** A door with as few connections as a test wants. */
const open = (connectionsMax: number, onQuery?: (text: string, ms: number) => void): Database => {
  const db = openDatabase({
    url: database.url('freight_tenants'),
    applicationName: 'test door',
    connectionsMax,
    connectionWaitMs: 5000,
    ...(onQuery ? { onQuery } : {}),
  });
  opened.push(db);
  return db;
};

const insertConnection = (tenantId: string) => database.admin`
  insert into connections (tenant_id, id, name, system, base_url, created_at, updated_at)
  values (${tenantId}, ${newId()}, ${`of ${tenantId}`}, 'attio', 'https://x', now(), now())`;

beforeAll(async () => {
  database = await createTestDatabase();
  for (const tenant of [a, b]) await insertConnection(tenant);
});
afterAll(async () => {
  await Promise.all(opened.map(db => db.close()));
  await database.drop();
});

const names = (db: Database, tenantId: string) =>
  db.withTenant(tenantId, async sql => (await sql<{ name: string }[]>`select name from connections`).map(r => r.name));

const until = async (what: string, condition: () => Promise<boolean> | boolean, withinMs = 10_000) => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};

describe('a tenant’s scope', () => {
  it('ends with its transaction: the next one on the same connection sees nothing', async () => {
    const db = open(1);
    expect(await names(db, a)).toEqual([`of ${a}`]);
    expect(await db.withoutTenant(sql => sql`select 1 from connections`)).toHaveLength(0);
    expect(await names(db, b)).toEqual([`of ${b}`]);
  });

  it('ends with a transaction that failed, in the statement, in the work or in a savepoint', async () => {
    const db = open(1);
    const failures: [() => Promise<unknown>, string][] = [
      [() => db.withTenant(a, sql => sql`select 1 / 0`), 'division by zero'],
      [() => db.withTenant(a, () => Promise.reject(new Error('the work failed'))), 'the work failed'],
      [
        () =>
          db.withTenant(a, () => {
            throw new Error('the work failed at once');
          }),
        'at once',
      ],
      [() => db.withTenant(a, sql => sql.savepoint(inner => inner`select 1 / 0`)), 'division by zero'],
    ];
    for (const [fail, message] of failures) {
      await expect(fail()).rejects.toThrow(message);
      expect(await db.withoutTenant(sql => sql`select 1 from connections`)).toHaveLength(0);
      expect(await names(db, b)).toEqual([`of ${b}`]);
      expect(db.connections).toMatchObject({ held: 0, waiting: 0 });
    }
  });

  it('stays one’s own among many tenants on few connections', async () => {
    const db = open(3);
    const tenants = Array.from({ length: 20 }, () => newId());
    for (const tenant of tenants) await insertConnection(tenant);
    const rounds = await Promise.all(
      Array.from({ length: 400 }, async (_, i) => {
        const tenant = tenants[i % tenants.length] ?? '';
        if (i % 7 === 0) {
          await db.withTenant(tenant, sql => sql`select * from no_such_table`).catch(() => {});
          return true;
        }
        const seen = await names(db, tenant);
        return seen.length === 1 && seen[0] === `of ${tenant}`;
      }),
    );
    expect(rounds.filter(right => !right)).toHaveLength(0);
  });

  it('refuses a statement that is sent after its transaction has ended, instead of running it in somebody else’s', async () => {
    const db = open(1);
    let late: Promise<unknown> | undefined;
    let goOn = () => {};
    const pause = new Promise<void>(resolve => {
      goOn = resolve;
    });
    const failed = db.withTenant(a, async sql => {
      late = pause.then(() => sql`select name from connections`);
      late.catch(() => {});
      await Promise.all([sql`select 1 / 0`, late]);
    });
    await expect(failed).rejects.toThrow('division by zero');
    await db.withTenant(b, async sql => {
      await sql`select 1`;
      goOn();
      await expect(late).rejects.toMatchObject({ code: 'transaction_over' });
    });
    let kept: unknown;
    await db.withTenant(a, sql => {
      kept = sql;
      return Promise.resolve();
    });
    const statement = (sql: unknown) => (sql as (s: TemplateStringsArray) => Promise<unknown>)`select 1`;
    expect(() => statement(kept)).toThrow('after its transaction');
    expect(() => (kept as { unsafe(text: string): unknown }).unsafe('select 1')).toThrow('after its transaction');
  });

  it('takes nothing but a UUID or nobody: what is no UUID sees nothing', async () => {
    const db = open(1);
    await expect(names(db, "' or true --")).rejects.toMatchObject({ code: '22P02' });
    expect(await names(db, '')).toEqual([]);
  });
});

describe('a reader role', () => {
  it('shows what its grants name and nothing more, for one transaction', async () => {
    const db = database.open('freight_gateway');
    const shown = await db.withRole('freight_key_lookup', sql => sql`select tenant_id, prefix from api_keys`);
    expect(shown).toEqual([]);
    await expect(db.withRole('freight_key_lookup', sql => sql`select label from api_keys`)).rejects.toMatchObject({
      code: '42501',
    });
    const [row] = await db.withoutTenant(sql => sql<{ user: string }[]>`select current_user as user`);
    expect(row?.user).toBe('freight_gateway');
  });

  it('that was not granted ends the transaction before the work has read anything', async () => {
    const db = open(1);
    let read: unknown = 'nothing';
    const attempt = db.withRole('freight_dispatcher', async sql => {
      read = await sql`select 1`;
    });
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
    expect(read).toBe('nothing');
    expect(await names(db, a)).toEqual([`of ${a}`]);
  });
});

describe('the connections of a door', () => {
  it('are never more than allowed, and who waits too long is refused with what to do', async () => {
    const db = openDatabase({
      url: database.url('freight_tenants'),
      applicationName: 'test gate',
      connectionsMax: 2,
      connectionWaitMs: 50,
    });
    opened.push(db);
    let goOn = () => {};
    const pause = new Promise<void>(resolve => {
      goOn = resolve;
    });
    const held = [1, 2].map(() => db.withoutTenant(() => pause));
    await until('both are held', () => db.connections.held === 2);
    await expect(db.withoutTenant(() => Promise.resolve())).rejects.toMatchObject({
      code: 'database_busy',
      retry: 'retryable',
    });
    const [row] = await database.admin<
      { n: number }[]
    >`select count(*)::int as n from pg_stat_activity where application_name = 'test gate'`;
    expect(row?.n).toBe(2);
    goOn();
    await Promise.all(held);
    expect(db.connections).toMatchObject({ held: 0, waiting: 0 });
  });

  it('are given back when the server closes one in the middle', async () => {
    const db = open(1);
    const work = db.withTenant(a, async sql => {
      const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
      await database.admin`select pg_terminate_backend(${row?.pid ?? 0})`;
      await sql`select pg_sleep(5)`;
    });
    await expect(work).rejects.toMatchObject({
      code: expect.stringMatching(/57P01|CONNECTION_CLOSED|ECONNRESET/) as string,
    });
    expect(await names(db, b)).toEqual([`of ${b}`]);
    // Also what needs to know the types of arrays.
    const [row] = await db.withoutTenant(sql => sql`select array['a', 'b'] as list, ${[a]}::uuid[] as given`);
    expect(row).toEqual({ list: ['a', 'b'], given: [a] });
    expect(db.connections).toMatchObject({ held: 0, waiting: 0 });
  });
});

describe('the observer of statements', () => {
  it('is told of each statement once, with its text and time and without any value', async () => {
    const told: { text: string; ms: number }[] = [];
    const db = open(1, (text, ms) => told.push({ text, ms }));
    const value = 'a very secret value';
    await db.withTenant(a, async sql => {
      await sql`select ${value}::text
        as a from connections where true ${sql`and name <> ${value}`}`;
      await Promise.all([sql`select pg_sleep(0.05)`, sql`select 2`]);
    });
    expect(told.map(one => one.text)).toEqual([
      'select ?::text as a from connections where true ?',
      'select pg_sleep(0.05)',
      'select 2',
    ]);
    expect(told[1]?.ms).toBeGreaterThan(40);
    expect(JSON.stringify(told)).not.toContain(value);
    told.length = 0;
    await db.withTenant(a, sql => sql.savepoint(inner => inner`select ${value}::text as in_a_savepoint`));
    expect(told.map(one => one.text)).toEqual(['select ?::text as in_a_savepoint']);
  });

  it('is told of a statement that fails, and the failure stays as it was', async () => {
    const told: string[] = [];
    const db = open(1, text => told.push(text));
    await expect(db.withTenant(a, sql => sql`select 1 / ${0}::int`)).rejects.toMatchObject({ code: '22012' });
    expect(told).toEqual(['select 1 / ?::int']);
  });
});

describe('numbers of 64 bits', () => {
  it('arrive as numbers up to the largest safe one, and are refused beyond it instead of being changed', async () => {
    const db = open(1);
    const [row] = await db.withoutTenant(
      sql => sql<{ big: number }[]>`select ${Number.MAX_SAFE_INTEGER}::bigint as big`,
    );
    expect(row?.big).toBe(Number.MAX_SAFE_INTEGER);
    for (const beyond of ['9007199254740992', '-9007199254740992', '9223372036854775807'])
      await expect(db.withoutTenant(sql => sql`select ${beyond}::text::bigint as big`)).rejects.toThrow('64-bit');
    expect(await names(db, a)).toEqual([`of ${a}`]);
  });
});

describe('the lead', () => {
  it('is held by one over all processes, and free again when it is resigned', async () => {
    const one = open(2);
    const other = database.open('freight_jobs');
    const first = await one.tryLead('x');
    expect(await first?.stillLeads()).toBe(true);
    expect(await other.tryLead('x')).toBeUndefined();
    const elsewhere = await other.tryLead('y');
    expect(elsewhere).toBeDefined();
    await elsewhere?.resign();
    await first?.resign();
    const next = await other.tryLead('x');
    expect(await next?.stillLeads()).toBe(true);
    expect(await first?.stillLeads()).toBe(false);
    await next?.resign();
  });

  it('is lost with its session: the former leader notices, and another takes over', async () => {
    const one = open(2);
    const first = await one.tryLead('z');
    await database.admin`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`;
    const other = database.open('freight_jobs');
    let next: Awaited<ReturnType<Database['tryLead']>>;
    await until('another leads', async () => {
      next = await other.tryLead('z');
      return next !== undefined;
    });
    const verdict = await Promise.race([
      first?.stillLeads(),
      new Promise<string>(resolve => setTimeout(() => resolve('no answer'), 3000)),
    ]);
    expect(verdict).toBe(false);
    expect(await first?.stillLeads()).toBe(false);
    expect(await next?.stillLeads()).toBe(true);
    await first?.resign();
    await next?.resign();
  });
});
