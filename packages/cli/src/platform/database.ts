import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { generateApiKey, parseApiKey } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { migrate, openDatabase, type ServiceRole, serviceRoles } from '@freight/postgres';
import { bootstrapPlatform } from '@freight/tenants/bootstrap';
import { hash } from '@node-rs/bcrypt';

/** The cost that the platform hashes keys with, see the gateway's settings. */
const bcryptCost = 12;

/** Addresses of one database, one for each role that logs in. */
export interface DatabaseUrls {
  /** A role that owns the schema. No service gets it. */
  readonly admin: string;
  readonly of: (role: ServiceRole) => string;
}

/** The address with another user and password in it. */
const urlAs = (url: string, role: string, password: string): string => {
  const changed = new URL(url);
  changed.username = role;
  changed.password = encodeURIComponent(password);
  return changed.href;
};

/**
 * Migrates the database and gives the services' roles new random passwords, which live as long as this platform: roles belong to the
 * whole cluster, so that a second platform on the same cluster would lock the first one out.
 */
export const prepareDatabase = async (
  root: string,
  adminUrl: string,
  given: Partial<Record<ServiceRole, string>> = {},
): Promise<DatabaseUrls> => {
  const passwords = Object.fromEntries(
    serviceRoles.map(role => [role, given[role] ?? randomBytes(24).toString('base64url')]),
  ) as Record<ServiceRole, string>;
  await migrate({ url: adminUrl, directory: join(root, 'migrations'), passwords });
  return { admin: adminUrl, of: role => urlAs(adminUrl, role, passwords[role]) };
};

/**
 * Makes the operators' tenant with its first API key, unless there is one.
 * @returns the key itself, which is nowhere else; empty where the platform had one before.
 */
export const createOperatorKey = async (urls: DatabaseUrls): Promise<string> => {
  const key = generateApiKey('dev');
  const parsed = parseApiKey(key);
  if (!parsed) throw new TypeError('A generated key does not parse');
  const db = openDatabase({
    url: urls.of('freight_tenants'),
    applicationName: 'freight-cli',
    connectionsMax: 1,
    connectionWaitMs: 30_000,
  });
  try {
    const made = { keyId: newId(), prefix: parsed.prefix, hash: await hash(key, { cost: bcryptCost }) };
    return (await bootstrapPlatform(db, made, new Date())) === 'created' ? key : '';
  } finally {
    await db.close();
  }
};
