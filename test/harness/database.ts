/** A database of a test file's own. */
import { newId } from '@freight/kernel';
import { type Database, openDatabase, type ServiceRole } from '@freight/postgres';
import postgres from 'postgres';
import { inject } from 'vitest';

export interface TestDatabase {
  /** The URL by which a service logs in. */
  url(role: ServiceRole): string;
  /** The door as a service opens it; closed by `drop`. */
  open(role: ServiceRole): Database;
  /** A superuser's connection, for looking at what no service may see. */
  readonly admin: postgres.Sql;
  drop(): Promise<void>;
}

/** Clones the migrated template. Call in `beforeAll`, and `drop` in `afterAll`. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const servers = inject('servers');
  const name = `freight_${newId().replaceAll('-', '')}`;
  const root = postgres(servers.postgresAdminUrl, { max: 1, onnotice: () => {} });
  // Two clones of one template at once are refused by Postgres: they take turns.
  await root.begin(async sql => {
    await sql`select pg_advisory_xact_lock(hashtextextended('freight test template', 0))`;
    await postgresCreate(servers.postgresAdminUrl, name, servers.templateDatabase);
  });
  await root.end();

  const urlOf = (user: string | undefined, password: string | undefined): string => {
    const url = new URL(servers.postgresAdminUrl);
    url.pathname = `/${name}`;
    if (user !== undefined) url.username = user;
    if (password !== undefined) url.password = password;
    return url.href;
  };
  const url = (role: ServiceRole) => urlOf(role, servers.rolePasswords[role]);
  const admin = postgres(urlOf(undefined, undefined), { max: 2, onnotice: () => {} });
  const opened: Database[] = [];
  return {
    url,
    admin,
    open: role => {
      const db = openDatabase({
        url: url(role),
        applicationName: `test ${role}`,
        connectionsMax: 5,
        connectionWaitMs: 10_000,
      });
      opened.push(db);
      return db;
    },
    drop: async () => {
      await Promise.all(opened.map(db => db.close()));
      await admin.end();
      const last = postgres(servers.postgresAdminUrl, { max: 1, onnotice: () => {} });
      await last`drop database ${last(name)} with (force)`;
      await last.end();
    },
  };
};

/** `create database` cannot run in a transaction, so it has a connection of its own. */
const postgresCreate = async (adminUrl: string, name: string, template: string): Promise<void> => {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  await sql`create database ${sql(name)} template ${sql(template)}`;
  await sql.end();
};
