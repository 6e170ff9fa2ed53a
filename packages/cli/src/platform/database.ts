import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateApiKey } from '@freight/contracts';
import { migrate, type ServiceRole, serviceRoles } from '@freight/postgres';
import type { ClientTls } from '@freight/tls';
import { introduceOperatorKey } from './operatorKey.ts';

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
  const isNew = await introduceOperatorKey({ url: urls.of('freight_tenants'), tls: urls.tls }, key);
  // Whoever removed the file had a reason; a key that opens nothing is no replacement.
  if (!isNew && file !== undefined && !wasThere) rmSync(file);
  return isNew ? key : '';
};
