import { rebuildJobs } from '@freight/jobs/rebuild';
import { type Database, openDatabase } from '@freight/postgres';
import { rebuildTenants } from '@freight/tenants/rebuild';
import { databaseTls } from '../platform/index.ts';
import { databaseUrlFrom } from './migrate.ts';

type Rebuild = (db: Database) => Promise<{ readonly tenants: number; readonly events: number }>;

/** `freight rebuild`: folds all read models anew from both logs. Safe to repeat and to cut short: each tenant is one transaction. */
export const rebuildCommand = async (env: NodeJS.ProcessEnv): Promise<number> => {
  const logs: readonly (readonly [name: string, setting: string, rebuild: Rebuild])[] = [
    ['tenants', 'FREIGHT_DATABASE_URL_TENANTS', rebuildTenants],
    ['jobs', 'FREIGHT_DATABASE_URL_JOBS', rebuildJobs],
  ];
  // All of them are looked at before anything is done.
  const addresses = logs.map(([, setting]) => databaseUrlFrom(env, setting));
  for (const [index, [name, setting, rebuild]] of logs.entries()) {
    const db = openDatabase({
      url: addresses[index] ?? '',
      tls: databaseTls(env, setting),
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
