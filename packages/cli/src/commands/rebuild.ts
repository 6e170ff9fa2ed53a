import { rebuildJobs } from '@freight/jobs/rebuild';
import { type Database, openDatabase } from '@freight/postgres';
import { rebuildTenants } from '@freight/tenants/rebuild';
import { databaseUrlFrom } from './migrate.ts';

type Rebuild = (db: Database) => Promise<{ readonly tenants: number; readonly events: number }>;

/** `freight rebuild`: folds all read models anew from both logs. Safe to repeat and to cut short: each tenant is one transaction. */
export const rebuildCommand = async (env: NodeJS.ProcessEnv): Promise<number> => {
  const logs: readonly (readonly [name: string, url: string, rebuild: Rebuild])[] = [
    ['tenants', databaseUrlFrom(env, 'FREIGHT_DATABASE_URL_TENANTS'), rebuildTenants],
    ['jobs', databaseUrlFrom(env, 'FREIGHT_DATABASE_URL_JOBS'), rebuildJobs],
  ];
  for (const [name, url, rebuild] of logs) {
    const db = openDatabase({
      url,
      applicationName: 'freight-cli rebuild',
      connectionsMax: 2,
      connectionWaitMs: 30_000,
    });
    try {
      const { tenants, events } = await rebuild(db);
      process.stdout.write(`${name}: ${events} events of ${tenants} tenants folded\n`);
    } finally {
      await db.close();
    }
  }
  return 0;
};
