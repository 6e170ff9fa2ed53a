import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { connecting, type DatabaseAddress } from './connection.ts';

/** The log-in roles of the services. Source: migrations/0001. */
export const serviceRoles = ['freight_gateway', 'freight_tenants', 'freight_jobs', 'freight_workers'] as const;
export type ServiceRole = (typeof serviceRoles)[number];

/** The address is that of a role that may create tables and roles; it owns what it creates, and no service uses it. */
export interface MigrateOptions extends DatabaseAddress {
  readonly directory: string;
  /** Passwords to set for the services' roles; those not named are left as they are. */
  readonly passwords?: Partial<Record<ServiceRole, string>>;
  readonly onApplied?: (name: string) => void;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * Brings the schema up to date: applies each file of the directory that was not applied, in order of name, each in a transaction of its own.
 * Safe to call twice and by several at once (they wait for each other).
 * @returns the names of the files applied now.
 * @throws when a file that was applied has changed since, or the database knows a file that this version does not.
 */
export const migrate = async (options: MigrateOptions): Promise<readonly string[]> => {
  const way = connecting(options);
  const sql = postgres(options.url, { ...way.options, max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    const files = (await readdir(options.directory)).filter(name => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort();
    await sql`select pg_advisory_lock(hashtextextended('freight migrate', 0))`;
    await sql`create table if not exists freight_migrations (
      name text primary key, digest text not null, applied_at timestamptz not null default now())`;
    const done = new Map(
      (await sql<{ name: string; digest: string }[]>`select name, digest from freight_migrations`).map(row => [
        row.name,
        row.digest,
      ]),
    );
    for (const name of done.keys()) {
      if (!files.includes(name)) {
        throw new Error(
          `The database was migrated by a newer Freight: it knows ${name}. Use that version or a later one.`,
        );
      }
    }
    const applied: string[] = [];
    for (const name of files) {
      const text = await readFile(join(options.directory, name), 'utf8');
      const known = done.get(name);
      if (known !== undefined) {
        if (known !== digest(text)) {
          throw new Error(`${name} was changed after it had been applied. Put it back and write a new file instead.`);
        }
        continue;
      }
      await sql.begin(async tx => {
        await tx.unsafe(text);
        await tx`insert into freight_migrations (name, digest) values (${name}, ${digest(text)})`;
      });
      applied.push(name);
      options.onApplied?.(name);
    }
    for (const [role, password] of Object.entries(options.passwords ?? {})) {
      // ALTER ROLE takes no parameters; format(%L) quotes the literal on the server.
      const [row] = await sql<{ statement: string }[]>`
        select format('alter role %I password %L', ${role}::text, ${password}::text) as statement`;
      if (row) await sql.unsafe(row.statement);
    }
    return applied;
  } catch (error) {
    throw way.clarify(error);
  } finally {
    await sql.end({ timeout: 5 });
  }
};
