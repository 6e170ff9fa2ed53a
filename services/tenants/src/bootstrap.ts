import { appendAudit } from '@freight/audit';
import { platformTenantId, tenantSettings } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import { execute } from './execute.ts';
import { storeHash } from './handlers.ts';

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
