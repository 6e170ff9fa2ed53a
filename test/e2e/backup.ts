/** A backup of the platform's database as an operator makes one, opened in a PostgreSQL that knows nothing of it. */
import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Platform } from '@freight/cli/platform';
import { findServerBinaries, startPostgres } from '@freight/servers';
import postgres from 'postgres';

const run = promisify(execFile);

export interface Backup {
  /** Starts a fresh server and restores into it. */
  restore(): Promise<{ readonly sql: postgres.Sql; stop(): Promise<void> }>;
  remove(): Promise<void>;
}

/** Dumps the whole database. The folder of keys is no part of it. */
export const backUp = async (platform: Platform): Promise<Backup> => {
  const { path = '' } = (await findServerBinaries(process.env['PATH'])).postgres;
  // The server may be found by a link; its tools are beside the file itself.
  const bin = dirname(await realpath(path));
  const program = (name: string) => join(bin, name);
  const folder = await mkdtemp(join(tmpdir(), 'freight-backup-'));
  const file = join(folder, 'dump');
  await run(program('pg_dump'), ['--format=custom', `--file=${file}`, platform.database.admin]);
  return {
    restore: async () => {
      const server = await startPostgres({ dir: join(import.meta.dirname, '../../.freight'), durable: false });
      const url = server.adminUrl();
      const sql = postgres(url, { max: 2, onnotice: () => {} });
      // Roles belong to a cluster and are in no dump; policies name them.
      for (const name of await rolesOf(platform)) await sql.unsafe(`create role ${name} noinherit`);
      await run(program('pg_restore'), ['--no-owner', '--no-privileges', '--exit-on-error', `--dbname=${url}`, file]);
      return {
        sql,
        stop: async () => {
          await sql.end();
          await server.stop();
        },
      };
    },
    remove: () => rm(folder, { recursive: true }),
  };
};

const rolesOf = async (platform: Platform): Promise<readonly string[]> => {
  const sql = postgres(platform.database.admin, { max: 1, onnotice: () => {} });
  const rows = await sql<{ name: string }[]>`
    select rolname as name from pg_roles where rolname like 'freight\\_%' and rolname <> current_user`;
  await sql.end();
  return rows.map(row => row.name);
};

/** Every column of every table as text, in whatever form it is: bytes as they are too. */
export const readEverything = async (sql: postgres.Sql): Promise<string> => {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`;
  let text = '';
  for (const { name } of tables) {
    for (const row of await sql`select t.*, t::text as whole from ${sql(name)} t`) {
      text += `${String(row['whole'])}\n`;
      for (const value of Object.values(row))
        if (value instanceof Uint8Array) text += Buffer.from(value).toString('utf8');
    }
  }
  return text;
};
