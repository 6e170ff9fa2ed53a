import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@freight/kernel';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type {} from '../../../test/harness/serversContext.ts';
import { migrate } from './migrate.ts';

let directory: string;
let name: string;
let url: string;
let admin: postgres.Sql;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'freight-migrations-'));
  name = `freight_${newId().replaceAll('-', '')}`;
  const root = postgres(inject('servers').postgresAdminUrl, { max: 1 });
  await root`create database ${root(name)}`;
  await root.end();
  const address = new URL(inject('servers').postgresAdminUrl);
  address.pathname = `/${name}`;
  url = address.href;
  admin = postgres(url, { max: 1, onnotice: () => {} });
  await file('0001-make-one.sql', 'create table one (id int); insert into one values (1);');
  await file('0002-make-two.sql', 'create table two (id int); insert into two values (2);');
});
afterEach(async () => {
  await admin.end();
  await rm(directory, { recursive: true });
  const root = postgres(inject('servers').postgresAdminUrl, { max: 1 });
  await root`drop database ${root(name)} with (force)`;
  await root.end();
});

const file = (fileName: string, text: string) => writeFile(join(directory, fileName), text);
const run = () => migrate({ url, directory });
const applied = async () =>
  (await admin`select name from freight_migrations order by 1`).map(row => row['name'] as string);

describe('migrating', () => {
  it('applies each file once, in order of name, and nothing the second time', async () => {
    await file('readme.txt', 'no migration');
    await file('0003-not ours.sql', 'no sql');
    const told: string[] = [];
    expect(await migrate({ url, directory, onApplied: one => told.push(one) })).toEqual([
      '0001-make-one.sql',
      '0002-make-two.sql',
    ]);
    expect(told).toEqual(await applied());
    expect(await run()).toEqual([]);
    await file('0003-more.sql', 'insert into two values (3);');
    expect(await run()).toEqual(['0003-more.sql']);
    expect(await admin`select id from two order by 1`).toEqual([{ id: 2 }, { id: 3 }]);
  });

  it('applies each file once when several run at once', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, run));
    expect(all.flat().sort()).toEqual(['0001-make-one.sql', '0002-make-two.sql']);
    expect(await admin`select id from one`).toEqual([{ id: 1 }]);
  });

  it('refuses a file that was changed after it had been applied, and changes nothing then', async () => {
    await run();
    await file('0001-make-one.sql', 'create table one (id bigint);');
    await file('0003-more.sql', 'create table three ();');
    await expect(run()).rejects.toThrow('0001-make-one.sql was changed after it had been applied');
    expect(await applied()).toEqual(['0001-make-one.sql', '0002-make-two.sql']);
  });

  it('refuses a database of a newer version before it changes anything', async () => {
    await file('0003-of-the-future.sql', 'create table three ();');
    await run();
    await rm(join(directory, '0003-of-the-future.sql'));
    await file('0002-b.sql', 'create table b ();');
    await expect(run()).rejects.toThrow('newer Freight: it knows 0003-of-the-future.sql');
    expect(await applied()).not.toContain('0002-b.sql');
  });

  it('keeps nothing of a file that fails, keeps those before it, and goes on when it is mended', async () => {
    await file('0002-make-two.sql', 'create table two (id int); insert into nowhere values (1);');
    await expect(run()).rejects.toThrow('nowhere');
    expect(await applied()).toEqual(['0001-make-one.sql']);
    expect((await admin`select to_regclass('two') as t`)[0]).toEqual({ t: null });
    await file('0002-make-two.sql', 'create table two (id int);');
    expect(await run()).toEqual(['0002-make-two.sql']);
  });

  it('sets passwords of any characters for the roles that are named', async () => {
    // A role of this test's own in a service's place: the services' own are in use by other files.
    const role = `freight_odd_${newId().slice(-12)}`;
    await admin`create role ${admin(role)} login`;
    const password = `it's "odd" \\ % $1 ${newId()}`;
    try {
      await migrate({ url, directory, passwords: { [role]: password } });
      const sql = postgres(url, { username: role, password, max: 1 });
      expect(await sql`select current_user as me`).toEqual([{ me: role }]);
      await sql.end();
    } finally {
      await admin`drop role ${admin(role)}`;
    }
  });
});
