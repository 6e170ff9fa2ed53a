import { join } from 'node:path';
import { migrate, type ServiceRole } from '@freight/postgres';
import { UserError } from '../errors.ts';
import { databaseTls } from '../platform/index.ts';
import { root } from './project.ts';

const passwordSettings = {
  freight_gateway: 'FREIGHT_DB_PASSWORD_GATEWAY',
  freight_tenants: 'FREIGHT_DB_PASSWORD_TENANTS',
  freight_jobs: 'FREIGHT_DB_PASSWORD_JOBS',
  freight_workers: 'FREIGHT_DB_PASSWORD_WORKERS',
} as const satisfies Record<ServiceRole, string>;

/** A database's address from the environment. @throws UserError when it is missing or no address. */
export const databaseUrlFrom = (env: NodeJS.ProcessEnv, name: string): string => {
  const url = env[name];
  if (url === undefined || url === '')
    throw new UserError(`${name} is not set: the database's address, postgres://…\nSee: ./freight help`, 2);
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UserError(`${name} is not an address of the form postgres://user:password@host:port/database`, 2);
  }
  return url;
};

/** `freight migrate`: brings the schema up to date and says what was applied. @throws UserError where the database refuses. */
export const migrateCommand = async (env: NodeJS.ProcessEnv): Promise<number> => {
  const url = databaseUrlFrom(env, 'FREIGHT_ADMIN_DATABASE_URL');
  const passwords: Partial<Record<ServiceRole, string>> = {};
  for (const [role, name] of Object.entries(passwordSettings) as [ServiceRole, string][]) {
    const password = env[name];
    if (password) passwords[role] = password;
  }
  try {
    const applied = await migrate({
      url,
      tls: databaseTls(env, 'FREIGHT_ADMIN_DATABASE_URL'),
      directory: join(root, 'migrations'),
      passwords,
      onApplied: name => process.stdout.write(`applied ${name}\n`),
    });
    process.stdout.write(
      applied.length === 0 ? 'nothing to apply: the schema is up to date\n' : `${applied.length} applied\n`,
    );
    return 0;
  } catch (error) {
    throw new UserError(`The database was not migrated: ${(error as Error).message}`);
  }
};
