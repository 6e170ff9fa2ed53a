import { appendAudit } from '@freight/audit';
import { platformTenantId, tenantSettings } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import { execute } from './execute.ts';
import { storeHash } from './handlers.ts';
import { createRevocationLog } from './revocations.ts';
import { tenantStore } from './store.ts';

export interface OperatorKey {
  readonly keyId: string;
  readonly prefix: string;
  /** The bcrypt hash; the key itself is shown once by who made it, and is never stored. */
  readonly hash: string;
}

/**
 * Makes the operators' own tenant with its first key, through the same log as every other tenant. Safe to repeat: a platform that exists
 * keeps its keys.
 * @returns `exists` when the platform was there before; the given key is then not known to it.
 */
export const bootstrapPlatform = (db: Database, key: OperatorKey, now: Date): Promise<'created' | 'exists'> =>
  db.withTenant(platformTenantId, async sql => {
    const result = await execute(sql, {
      tenantId: platformTenantId,
      command: {
        type: 'create-tenant',
        name: 'Platform',
        slug: 'platform',
        settings: tenantSettings.parse({}),
        key: {
          keyId: key.keyId,
          prefix: key.prefix,
          label: 'First operator key',
          scopes: ['operator'],
          expiresAt: null,
        },
      },
      metadata: { actor: { kind: 'cli', id: 'bootstrap' } },
      now,
      facts: inner => storeHash(inner, platformTenantId, key),
    });
    if (result.ok) {
      const tenants = { caller: platformTenantId, subject: platformTenantId };
      await appendAudit(sql, tenants, [
        {
          requestedAt: now,
          actorKind: 'cli',
          actorId: 'bootstrap',
          source: null,
          operation: 'bootstrap',
          resourceKind: 'api-key',
          resourceId: key.keyId,
          outcome: 'accepted',
          status: 201,
          code: null,
        },
      ]);
      return 'created';
    }
    if (result.error === 'tenant_exists') return 'exists';
    throw new Error(`The platform could not be made: ${result.error}`);
  });

/**
 * Makes another key for the operators, for who has lost theirs and may write to the database as its owner. It is in the log like every other key,
 * with who made it.
 * @param revokeOthers whether all other keys of the operators stop; gateways notice by the count of revocations within a second.
 * @returns how many were revoked; `missing` where there is no platform yet.
 */
export const recoverPlatform = (
  db: Database,
  key: OperatorKey,
  options: { readonly revokeOthers: boolean; readonly now: Date },
): Promise<{ readonly revoked: number } | 'missing'> => {
  const { now } = options;
  const revocations = createRevocationLog(db, () => {});
  return revocations.db.withTenant(platformTenantId, async sql => {
    const tenantId = platformTenantId;
    const metadata = { actor: { kind: 'cli', id: 'recover' } } as const;
    const made = await execute(sql, {
      tenantId,
      command: {
        type: 'create-api-key',
        key: {
          keyId: key.keyId,
          prefix: key.prefix,
          label: 'Recovered operator key',
          scopes: ['operator'],
          expiresAt: null,
        },
      },
      metadata,
      now,
      facts: inner => storeHash(inner, tenantId, key),
    });
    if (!made.ok) {
      if (made.error === 'not_found') return 'missing';
      throw new Error(`The key could not be made: ${made.error}`);
    }
    const { state } = await tenantStore.load(sql, tenantId);
    const others =
      options.revokeOthers && state.status !== 'none'
        ? Object.entries(state.keys).flatMap(([id, one]) => (id === key.keyId || one.revoked ? [] : [id]))
        : [];
    const events = [];
    for (const keyId of others) {
      const revoked = await execute(sql, {
        tenantId,
        command: { type: 'revoke-api-key', keyId, force: true, now },
        metadata,
        now,
      });
      if (!revoked.ok) throw new Error(`The key ${keyId} could not be revoked: ${revoked.error}`);
      events.push(...revoked.value.events);
    }
    await revocations.record(sql, tenantId, events);
    return { revoked: others.length };
  });
};
