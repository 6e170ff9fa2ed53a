/** The migrated database that each test file clones: a copy takes milliseconds, the migrations run once. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrate, type ServiceRole, serviceRoles } from '@freight/postgres';
import postgres from 'postgres';

const templateDatabase = 'freight_template';
const migrations = join(import.meta.dirname, '../../migrations');

export const makeTemplate = async (
  adminUrl: (database?: string) => string,
): Promise<{ templateDatabase: string; rolePasswords: Record<ServiceRole, string> }> => {
  const admin = postgres(adminUrl(), { max: 1, onnotice: () => {} });
  await admin`create database ${admin(templateDatabase)}`;
  await admin.end();
  const rolePasswords = Object.fromEntries(serviceRoles.map(role => [role, randomBytes(12).toString('hex')])) as Record<
    ServiceRole,
    string
  >;
  await migrate({ url: adminUrl(templateDatabase), directory: migrations, passwords: rolePasswords });
  return { templateDatabase, rolePasswords };
};
