import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateApiKey, parseApiKey } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { migrate, openDatabase, type ServiceRole, serviceRoles } from '@freight/postgres';
import { bootstrapPlatform } from '@freight/tenants/bootstrap';
import type { ClientTls } from '@freight/tls';
import { hash } from '@node-rs/bcrypt';
import { UserError } from '../errors.ts';

/** The cost that the platform hashes keys with, see the gateway's settings. */
const bcryptCost = 12;

/** Addresses of one database, one for each role that logs in. */
export interface DatabaseUrls {
  /** A role that owns the schema. No service gets it. */
  readonly admin: string;
  readonly of: (role: ServiceRole) => string;
  /** For addresses with TLS. */
  readonly tls: ClientTls;
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
  tls: ClientTls,
  given: Partial<Record<ServiceRole, string>> = {},
): Promise<DatabaseUrls> => {
  const passwords = Object.fromEntries(
    serviceRoles.map(role => [role, given[role] ?? randomBytes(24).toString('base64url')]),
  ) as Record<ServiceRole, string>;
  await migrate({ url: adminUrl, tls, directory: join(root, 'migrations'), passwords });
  return { admin: adminUrl, of: role => urlAs(adminUrl, role, passwords[role]), tls };
};

/**
 * Makes the operators' tenant with its first API key, unless there is one.
 * @param file keeps the key for this user. It is written first: a start that is cut short must not leave a platform that nobody can enter.
 * @returns the key itself; empty where the platform had one before.
 */
export const createOperatorKey = async (urls: DatabaseUrls, file?: string): Promise<string> => {
  const wasThere = file !== undefined && existsSync(file);
  const key = wasThere ? readFileSync(file, 'utf8').trim() : generateApiKey('dev');
  if (file !== undefined && !wasThere) writeFileSync(file, `${key}\n`, { mode: 0o600, flush: true });
  const isNew = await introduceOperatorKey(urls, key);
  // Whoever removed the file had a reason; a key that opens nothing is no replacement.
  if (!isNew && file !== undefined && !wasThere) rmSync(file);
  return isNew ? key : '';
};

/** @returns false where the platform was there before; it then does not know the key, unless it is the one that it was made with. */
const introduceOperatorKey = async (urls: DatabaseUrls, key: string): Promise<boolean> => {
  const parsed = parseApiKey(key);
  if (!parsed) throw new UserError('The file with the operator key holds no key');
  const db = openDatabase({
    url: urls.of('freight_tenants'),
    tls: urls.tls,
    applicationName: 'freight-cli',
    connectionsMax: 1,
    connectionWaitMs: 30_000,
  });
  try {
    const made = { keyId: newId(), prefix: parsed.prefix, hash: await hash(key, { cost: bcryptCost }) };
    return (await bootstrapPlatform(db, made, new Date())) === 'created';
  } finally {
    await db.close();
  }
};
