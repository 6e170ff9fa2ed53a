import { sleep } from '@freight/kernel';
import { type Database, openDatabase } from '@freight/postgres';
import { countPendingCommands, resealTenant } from '@freight/tenant-data';
import { createVault, type KeyProvider, type Vault } from '@freight/vault';
import type { Command } from '../commandLine.ts';
import { UserError } from '../errors.ts';
import { databaseTls } from '../platform/index.ts';
import { openKeysFolder } from './keysFolder.ts';
import { databaseUrlFrom } from './migrate.ts';

/** Whoever had read the former deployment key before it was replaced has written by then. Milliseconds. */
const deploymentGraceMs = 5000;
/** Whoever had sealed a value with an old version before it was replaced has stored it by then. Milliseconds. */
const retireGraceMs = 15_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

export interface Resealing {
  readonly db: Database;
  readonly vault: Vault;
  readonly keys: KeyProvider;
  readonly graceMs: number;
}

/**
 * Seals anew what older versions sealed, and destroys those.
 * @throws UserError when something is still sealed with them, or may be: they stay.
 */
export const retireVersions = async ({ db, vault, keys, graceMs }: Resealing, tenantId: string): Promise<void> => {
  const own = await vault.of(tenantId);
  const newest = own.newest();
  await resealTenant(db, own, tenantId);
  await sleep(graceMs);
  const { resealed, broken } = await resealTenant(db, own, tenantId);
  if (broken > 0) {
    throw new UserError(`${tenantId}: ${broken} values do not open; the older versions of the key stay`);
  }
  if (resealed > 0 || (await countPendingCommands(db, tenantId)) > 0) {
    throw new UserError(`${tenantId}: values and commands of before still come in; try --retire again in a while`);
  }
  await keys.retire(tenantId, newest);
};

const openDoor = (env: NodeJS.ProcessEnv): Database =>
  openDatabase({
    url: databaseUrlFrom(env, 'FREIGHT_DATABASE_URL_TENANTS'),
    tls: databaseTls(env, 'FREIGHT_DATABASE_URL_TENANTS'),
    applicationName: 'freight-cli keys',
    connectionsMax: 2,
    connectionWaitMs: 30_000,
  });

/** `freight keys rotate`. @throws UserError in words for people. */
export const rotateKeysCommand = async (
  command: Extract<Command, { name: 'keys rotate' }>,
  env: NodeJS.ProcessEnv,
): Promise<number> => {
  const keys = await openKeysFolder(env, 'keys rotate');
  if (command.rewrap) {
    const { keyId, rewrapped } = await keys.rewrap();
    say(`${rewrapped} files wrapped anew with ${keyId}`);
    return 0;
  }
  if (command.what === 'deployment') {
    const { keyId, rewrapped, resumed } = await keys.rotateDeployment({ graceMs: deploymentGraceMs, onStep: say });
    say(`${resumed ? 'an exchange that was interrupted is finished' : 'the deployment has a new key'}: ${keyId}`);
    say(`${rewrapped} files wrapped anew`);
    return 0;
  }
  const listed = (await keys.list()).filter(one => one.destroyedAt === null).map(one => one.tenantId);
  const tenants = command.what === 'all' ? listed : listed.filter(id => id === command.what);
  if (tenants.length === 0) throw new UserError(`There is no key of ${command.what}`);
  const db = command.reseal ? openDoor(env) : undefined;
  try {
    const vault = createVault(keys);
    for (const tenantId of tenants) {
      const { newest } = await keys.rotate(tenantId);
      say(`${tenantId}  version ${newest}`);
      if (!db) continue;
      const { resealed, broken } = await resealTenant(db, await vault.of(tenantId), tenantId);
      say(`${tenantId}  ${resealed} values sealed anew${broken > 0 ? `, ${broken} do not open` : ''}`);
      if (!command.retire) continue;
      await retireVersions({ db, vault, keys, graceMs: retireGraceMs }, tenantId);
      say(`${tenantId}  older versions destroyed`);
    }
  } finally {
    await db?.close();
  }
  return 0;
};
