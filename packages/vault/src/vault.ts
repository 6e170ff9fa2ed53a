import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { FreightError } from '@freight/kernel';
import type { KeyProvider } from './keyProvider.ts';

/** Seals, opens and fingerprints with a tenant's own keys. */
export interface TenantVault {
  /**
   * AES-256-GCM under the tenant's key. Form: version (1 byte) + nonce (12) + ciphertext + tag (16).
   * @param context what the value is and whose, bound to it: a sealed value moved to another row does not open.
   */
  seal(plain: string, context: string): Buffer;
  /** @throws FreightError `seal_broken` when the bytes, the key or the context are not the ones of the sealing. */
  open(sealed: Uint8Array, context: string): string;
  /** HMAC-SHA-256 under a key derived for this purpose: equal values of one tenant are equal, and nobody else can test a guess. */
  fingerprint(value: string, purpose: string): Buffer;
}

export interface Vault {
  of(tenantId: string): Promise<TenantVault>;
}

const version = 1;

const derive = (key: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `freight ${purpose}`, 32));

const createTenantVault = (key: Buffer): TenantVault => {
  const sealingKey = derive(key, 'seal v1');
  const macKeys = new Map<string, Buffer>();
  return {
    seal: (plain, context) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce);
      cipher.setAAD(Buffer.from(context));
      return Buffer.concat([
        Buffer.of(version),
        nonce,
        cipher.update(plain, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },
    open: (bytes, context) => {
      const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      try {
        if (sealed[0] !== version || sealed.length < 29) throw new RangeError('not a sealed value');
        const decipher = createDecipheriv('aes-256-gcm', sealingKey, sealed.subarray(1, 13));
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(sealed.subarray(-16));
        return Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new FreightError('A sealed value does not open', { code: 'seal_broken', retry: 'terminal', cause });
      }
    },
    fingerprint: (value, purpose) => {
      let macKey = macKeys.get(purpose);
      if (!macKey) macKeys.set(purpose, (macKey = derive(key, `mac ${purpose}`)));
      return createHmac('sha256', macKey).update(value).digest();
    },
  };
};

/** A vault over a key provider; keys stay in memory as long as the process lives. */
export const createVault = (provider: KeyProvider): Vault => {
  const vaults = new Map<string, Promise<TenantVault>>();
  return {
    of: tenantId => {
      let vault = vaults.get(tenantId);
      if (!vault) {
        vault = provider.tenantKey(tenantId).then(createTenantVault);
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
  schema: (tenantId: string, connectionId: string) => `schema ${tenantId} ${connectionId}`,
} as const;
