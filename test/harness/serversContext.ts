import type { ServiceRole } from '@freight/postgres';

/** What `inject('servers')` answers in int and e2e tests: the addresses of the run's servers. */
export interface TestServers {
  /** The superuser's URL of the database `postgres`: for making databases and roles, never for what a service does. */
  readonly postgresAdminUrl: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
  /** A migrated database that nothing connects to: `createTestDatabase` clones it. */
  readonly templateDatabase: string;
  /** The services' roles, which belong to the whole server. */
  readonly rolePasswords: Readonly<Record<ServiceRole, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: TestServers;
  }
}
