import { parseApiKey } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { type Database, type DatabaseAddress, openDatabase } from '@freight/postgres';
import { bootstrapPlatform, type OperatorKey, recoverPlatform } from '@freight/tenants/bootstrap';
import { hash } from '@node-rs/bcrypt';
import { UserError } from '../errors.ts';

/** The default of the gateway's setting; where that is higher, the gateway renews the hash. */
const bcryptCost = 12;

const factsOf = async (key: string): Promise<OperatorKey> => {
  const parsed = parseApiKey(key);
  if (!parsed) throw new UserError('The file with the operator key holds no key');
  return { keyId: newId(), prefix: parsed.prefix, hash: await hash(key, { cost: bcryptCost }) };
};

const withDatabase = async <T>(address: DatabaseAddress, work: (db: Database) => Promise<T>): Promise<T> => {
  const db = openDatabase({ ...address, applicationName: 'freight-cli', connectionsMax: 1, connectionWaitMs: 30_000 });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
};

/**
 * Makes the operators' tenant with its first API key, unless there is one.
 * @param address the database, as the tenant service's role or the owner of the tables.
 * @returns false where the platform was there before; it then does not know the key, unless it is the one that it was made with.
 */
export const introduceOperatorKey = async (address: DatabaseAddress, key: string): Promise<boolean> => {
  const facts = await factsOf(key);
  return withDatabase(address, async db => (await bootstrapPlatform(db, facts, new Date())) === 'created');
};

/** Makes the operators another key. @returns how many others were revoked, or `missing` where there is no platform yet. */
export const recoverOperatorKey = async (
  address: DatabaseAddress,
  key: string,
  revokeOthers: boolean,
): Promise<{ readonly revoked: number } | 'missing'> => {
  const facts = await factsOf(key);
  return withDatabase(address, db => recoverPlatform(db, facts, { revokeOthers, now: new Date() }));
};
