import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { FreightError } from '@freight/kernel';
import type { TenantKeys } from './keyProvider.ts';

/** Seals, opens and fingerprints with a tenant's own keys. Every use may throw FreightError `key_destroyed`. */
export interface TenantVault {
  /**
   * AES-256-GCM under the newest version of the tenant's key. Form: see `sealedVersion`.
   * @param context what the value is and whose, bound to it: a sealed value moved to another row does not open.
   */
  seal(plain: string, context: string): Buffer;
  /** @throws FreightError `seal_broken` when the bytes, the key or the context are not the ones of the sealing. */
  open(sealed: Uint8Array, context: string): string;
  /** HMAC-SHA-256 under a key derived for this purpose: equal values of one tenant are equal, and nobody else can test a guess. */
  fingerprint(value: string, purpose: string): Buffer;
  /** The version that new values are sealed with. */
  newest(): number;
}

export interface Vault {
  of(tenantId: string): Promise<TenantVault>;
}

/** Of the first version: 1 + nonce (12) + ciphertext + tag (16). Of later ones: 2 + version (4, big end first) + the same. */
const forms = { first: 1, versioned: 2 } as const;
const headerOf = (version: number): Buffer => {
  if (version === 1) return Buffer.of(forms.first);
  const header = Buffer.alloc(5);
  header[0] = forms.versioned;
  header.writeUInt32BE(version, 1);
  return header;
};
const nonceLength = 12;
const tagLength = 16;

/** Which version of the key a value was sealed with; undefined when it is no sealed value. */
const sealedVersion = (sealed: Buffer): number | undefined => {
  if (sealed[0] === forms.first) return 1;
  return sealed[0] === forms.versioned && sealed.length >= 5 ? sealed.readUInt32BE(1) : undefined;
};

const broken = (cause?: unknown) =>
  new FreightError('A sealed value does not open', { code: 'seal_broken', retry: 'terminal', cause });

const createTenantVault = (tenantId: string, keys: TenantKeys): TenantVault => {
  const now = (isUrgent?: boolean) => keys.refresh(tenantId, isUrgent);

  const sealingKeyOf = (version: number): Buffer => {
    // One that another process made a moment ago is looked for at once.
    const key = now().sealingKey(version) ?? now(true).sealingKey(version);
    if (!key) throw broken(new RangeError(`there is no version ${version} of the key`));
    return key;
  };

  return {
    newest: () => now().newest,
    seal: (plain, context) => {
      const { newest } = now();
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', sealingKeyOf(newest), nonce);
      cipher.setAAD(Buffer.from(context));
      return Buffer.concat([
        headerOf(newest),
        nonce,
        cipher.update(plain, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },
    open: (bytes, context) => {
      const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const version = sealedVersion(sealed);
      if (version === undefined) throw broken(new RangeError('not a sealed value'));
      const body = sealed.subarray(headerOf(version).length);
      if (body.length < nonceLength + tagLength) throw broken(new RangeError('too short'));
      const decipher = createDecipheriv('aes-256-gcm', sealingKeyOf(version), body.subarray(0, nonceLength));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(body.subarray(-tagLength));
      try {
        return Buffer.concat([decipher.update(body.subarray(nonceLength, -tagLength)), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw broken(cause);
      }
    },
    fingerprint: (value, purpose) => createHmac('sha256', now().macKey(purpose)).update(value).digest(),
  };
};

/** A vault over a key provider. */
export const createVault = (keys: TenantKeys): Vault => {
  const vaults = new Map<string, Promise<TenantVault>>();
  return {
    of: tenantId => {
      let vault = vaults.get(tenantId);
      if (!vault) {
        vault = keys.ring(tenantId).then(() => createTenantVault(tenantId, keys));
        // A failure is not remembered: the next caller tries again.
        vault.catch(() => vaults.delete(tenantId));
        vaults.set(tenantId, vault);
      }
      return vault;
    },
  };
};

/** What sealed values are bound to. Nothing else builds a context. */
export const sealContexts = {
  credentials: (tenantId: string, connectionId: string) => `credentials ${tenantId} ${connectionId}`,
  command: (tenantId: string, commandId: string) => `command ${tenantId} ${commandId}`,
  record: (tenantId: string, runId: string, object: string, sourceId: string) =>
    `record ${tenantId} ${runId} ${object} ${sourceId}`,
  outcome: (tenantId: string, runId: string, object: string, sourceId: string) =>
    `outcome ${tenantId} ${runId} ${object} ${sourceId}`,
  agreement: (tenantId: string, runId: string) => `agreement ${tenantId} ${runId}`,
  schema: (tenantId: string, connectionId: string) => `schema ${tenantId} ${connectionId}`,
} as const;
