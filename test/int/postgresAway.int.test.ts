/** The door to Postgres while the server dies and comes back: on a server of its own, since it is killed. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, sleep } from '@freight/kernel';
import { type Database, isTransient, openDatabase } from '@freight/postgres';
import { type PostgresServer, startPostgres } from '@freight/servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from './until.ts';

let server: PostgresServer & { close(): Promise<void> };
let db: Database;

beforeAll(async () => {
  server = await startPostgres({ dir: join(tmpdir(), 'freight-test-postgres'), durable: false });
});
afterEach(() => db.close());
afterAll(() => server.close());

const open = (connectionsMax: number): Database => {
  db = openDatabase({ url: server.adminUrl(), applicationName: 'away', connectionsMax, connectionWaitMs: 30_000 });
  return db;
};

/** Ways in which work goes on when its statement fails, or while none is under way. */
const ways: Record<string, (sql: Parameters<Parameters<Database['withoutTenant']>[0]>[0]) => Promise<unknown>> = {
  'with one statement': sql => sql`select pg_sleep(0.02)`,
  'with one after the other': async sql => {
    for (let i = 0; i < 5; i++) await sql`select pg_sleep(0.005)`;
  },
  'with a failure that it swallows': async sql => {
    await sql`select pg_sleep(0.02)`.catch(() => {});
    return sql`select 1`;
  },
  'with a pause between statements': async sql => {
    await sql`select 1`;
    await sleep(20);
    await sql`select 2`;
  },
  'with a pause before its end': async sql => {
    await sql`select 1`;
    await sleep(20);
  },
  'in a savepoint': sql => sql.savepoint(inner => inner`select pg_sleep(0.02)`),
};

describe('a door whose server goes away', () => {
  it.each(Object.entries(ways))(
    'answers transient errors meanwhile, works again on every connection afterwards, and never ends the process: %s',
    async (_, work) => {
      const doors = open(10);
      const unexpected: unknown[] = [];
      let done = 0;
      let stop = false;
      const loops = Array.from({ length: 10 }, async () => {
        while (!stop) {
          try {
            await doors.withTenant(newId(), sql => work(sql));
            done++;
          } catch (error) {
            if (!isTransient(error)) unexpected.push(error);
            await sleep(5);
          }
        }
      });
      await until('transactions run', () => done > 20);
      for (const end of ['kill', 'stop', 'kill'] as const) {
        if (end === 'kill') await server.kill();
        else await server.stop();
        await server.restart();
        const before = done;
        await until(`transactions run again after ${end}`, () => done > before + 20);
      }
      stop = true;
      await Promise.all(loops);
      expect(unexpected).toEqual([]);
      // Every place of the pool works, not only some.
      await Promise.all(Array.from({ length: 10 }, () => doors.withoutTenant(sql => sql`select pg_sleep(0.05)`)));
      expect(doors.connections).toMatchObject({ held: 0, waiting: 0 });
    },
  );

  it('tells a leader at once that it no longer leads', async () => {
    const leadership = await open(2).tryLead('x');
    expect(await leadership?.stillLeads()).toBe(true);
    await server.kill();
    expect(await leadership?.stillLeads()).toBe(false);
    await server.restart();
    expect(await leadership?.stillLeads()).toBe(false);
    await leadership?.resign();
    const again = await db.tryLead('x');
    expect(await again?.stillLeads()).toBe(true);
    await again?.resign();
  });
});
