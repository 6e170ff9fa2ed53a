import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { wrappingKey } from './deploymentKeys.ts';
import { syncFolder } from './files.ts';
import { addVersion, dropVersions, type KeyName, type KeyRing, openRing } from './keyRing.ts';
import { createRingStore, type DestroyedRing, type Owner, type RingStore, type Stored } from './ringStore.ts';
import { type RotateDeploymentOptions, type RotatedDeployment, rotateDeploymentKey } from './rotateDeployment.ts';

/** What a tenant's keys are, for people. */
export interface KeyListing {
  readonly tenantId: string;
  readonly names: readonly KeyName[];
  /** The id of the deployment's key that wraps them; null when they were destroyed. */
  readonly wrappedBy: string | null;
  /** ISO 8601; null while they live. */
  readonly destroyedAt: string | null;
}

/** Gives the keys of tenants. */
export interface TenantKeys {
  /** The tenant's keys, made on first use. @throws FreightError `key_destroyed`. */
  ring(tenantId: string): Promise<KeyRing>;
  /**
   * What has become of keys that were had before. Asked at every use, so it looks only now and then, and never waits.
   * @param isUrgent look now: a value names a version that the ring lacks. @throws FreightError `key_destroyed`.
   */
  refresh(tenantId: string, isUrgent?: boolean): KeyRing;
}

/**
 * Where keys live: outside the database and its backups, so that destroying a tenant's keys destroys what was sealed with them everywhere,
 * old backups included.
 */
export interface KeyProvider extends TenantKeys {
  /** Adds a version: new values are sealed with it, old ones still open. */
  rotate(tenantId: string): Promise<KeyRing>;
  /** Destroys the versions below one. What is still sealed with them is lost. */
  retire(tenantId: string, below: number): Promise<KeyRing>;
  /** Destroys all of a tenant's keys, and lets nobody make new ones for him. Safe to repeat. */
  destroy(tenantId: string): Promise<DestroyedRing>;
  list(): Promise<readonly KeyListing[]>;
  /** The keys that the deployment signs with, made on first use. */
  signingRing(): Promise<KeyRing>;
  /**
   * Wraps every file that another key of the deployment wraps with the next one, or with the current one where there is no next: for who
   * brings the deployment's keys from elsewhere. @returns the key's id and how many files there were.
   */
  rewrap(): Promise<{ readonly keyId: string; readonly rewrapped: number }>;
  /** Exchanges the deployment's key. Safe to repeat and to interrupt. */
  rotateDeployment(options: RotateDeploymentOptions): Promise<RotatedDeployment>;
}

/** A destroyed key is dead everywhere after this time, milliseconds: the age of what a process takes for true without looking. */
const lookEveryMs = 250;

interface Held {
  readonly ring: KeyRing;
  generation: number;
  lookedAt: number;
}

const ownerOf = (directory: string, tenantId: string): Owner => ({
  label: `tenant ${tenantId}`,
  path: join(directory, 'tenants', tenantId),
  place: `freight tenant key ${tenantId}`,
});

/** Beside the tenants' keys, since that is the part of the folder that all processes share and may write to. */
const signingOwner = (directory: string): Owner => ({
  label: 'the deployment for signing',
  path: join(directory, 'tenants', 'signing'),
  place: 'freight signing key',
});

/** Whose keys are in the folder; the signing key is one of them. */
const ownersIn = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(join(directory, 'tenants'));
  return [...new Set(names.flatMap(name => /^([^.]+)(?:\.\d+)?\.key$/.exec(name)?.[1] ?? []))].sort();
};

const listOf = (tenantId: string, stored: Stored): KeyListing =>
  stored.kind === 'destroyed'
    ? { tenantId, names: stored.ring.names, wrappedBy: null, destroyedAt: stored.ring.at }
    : { tenantId, names: openRing(stored.content).names, wrappedBy: stored.wrappedBy, destroyedAt: null };

/**
 * Keys in a folder that all services of the deployment share: `deployment.key` (32 bytes) and `tenants/<id>.key`, `tenants/<id>.<n>.key`
 * (wrapped by it). Safe for several processes: see `generationFile`.
 * @param directory must exist and be readable by the services' user only.
 * @throws FreightError `deployment_key_missing` | `key_damaged` | `key_mismatch` | `key_destroyed`.
 */
export const openKeyDirectory = async (directory: string): Promise<KeyProvider> => {
  const store: RingStore = createRingStore(directory);
  await mkdir(join(directory, 'tenants'), { recursive: true, mode: 0o700 });
  await syncFolder(directory);
  const held = new Map<string, Held>();

  const forget = (tenantId: string) => {
    held.get(tenantId)?.ring.wipe();
    held.delete(tenantId);
  };

  const hold = (tenantId: string, stored: Stored | undefined): KeyRing => {
    if (stored?.kind === 'destroyed') forget(tenantId);
    const { content, generation } = store.demand(ownerOf(directory, tenantId), stored);
    const ring = openRing(content);
    held.set(tenantId, { ring, generation, lookedAt: performance.now() });
    return ring;
  };

  const have = async (tenantId: string, owner: Owner): Promise<KeyRing> => {
    const had = held.get(tenantId);
    if (had) return had.ring;
    const stored = store.load(owner) ?? (await store.make(owner, randomBytes(32)));
    // Another call may have been faster: one ring a tenant, so that all of it is wiped.
    return held.get(tenantId)?.ring ?? hold(tenantId, stored);
  };

  const refresh = (tenantId: string, isUrgent = false): KeyRing => {
    const owner = ownerOf(directory, tenantId);
    const had = held.get(tenantId);
    // Destroyed, and forgotten, while somebody still had it.
    if (!had) return hold(tenantId, store.load(owner));
    const now = performance.now();
    if (!isUrgent && now - had.lookedAt < lookEveryMs) return had.ring;
    if (store.hasSuccessor(owner, had.generation)) return hold(tenantId, store.load(owner, had.generation));
    had.lookedAt = now;
    return had.ring;
  };

  const change = async (tenantId: string, how: Parameters<RingStore['change']>[1]): Promise<KeyRing> =>
    hold(tenantId, (await store.change(ownerOf(directory, tenantId), how)).stored);

  const rewrapAll = async (keyId: string): Promise<number> => {
    let rewrapped = 0;
    for (const name of await ownersIn(directory)) {
      const owner = name === 'signing' ? signingOwner(directory) : ownerOf(directory, name);
      if (store.load(owner)?.kind !== 'active') continue;
      const { changed } = await store.change(owner, (content, wrappedBy) =>
        wrappedBy === keyId ? undefined : content,
      );
      if (changed) rewrapped++;
    }
    return rewrapped;
  };

  return {
    ring: async tenantId => {
      await have(tenantId, ownerOf(directory, tenantId));
      return refresh(tenantId);
    },
    refresh,
    rotate: async tenantId => {
      await have(tenantId, ownerOf(directory, tenantId));
      return change(tenantId, content => addVersion(content, randomBytes(32)));
    },
    retire: (tenantId, below) =>
      change(tenantId, content =>
        content.versions.some(({ version }) => version < below) ? dropVersions(content, below) : undefined,
      ),
    destroy: async tenantId => {
      const ring = await store.destroy(ownerOf(directory, tenantId), new Date());
      forget(tenantId);
      return ring;
    },
    list: async () => {
      const names = (await ownersIn(directory)).filter(name => name !== 'signing');
      return names.flatMap(tenantId => {
        const stored = store.load(ownerOf(directory, tenantId));
        return stored ? [listOf(tenantId, stored)] : [];
      });
    },
    signingRing: async () => {
      const owner = signingOwner(directory);
      return openRing(store.demand(owner, store.load(owner) ?? (await store.make(owner, randomBytes(32)))).content);
    },
    rewrap: async () => {
      const { id } = wrappingKey(store.deploymentKeys());
      return { keyId: id, rewrapped: await rewrapAll(id) };
    },
    rotateDeployment: options => rotateDeploymentKey(directory, { ...options, rewrapAll }),
  };
};
