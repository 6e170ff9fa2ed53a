import type { Scope } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import type { Caller, KeyId } from './caller.ts';

/** What Postgres knows of a key, in one snapshot. */
export interface KeyAnswer {
  /** Undefined when the key may not be used. Expiry is for who asks to look at. */
  readonly key: { readonly caller: Caller; readonly suspended: boolean } | undefined;
  /** Revocations that were committed. */
  readonly position: number;
  /** The database's clock, milliseconds: not later than the snapshot. */
  readonly at: number;
  /** Our clock before the question left: not later than `at`. */
  readonly askedAt: number;
}

interface Row {
  readonly position: number;
  readonly at: number;
  readonly scopes: Scope[] | null;
  readonly expires_at: Date | null;
  readonly status: string | null;
}

/**
 * Whether a key may be used. A revocation that is recorded and not carried out yet counts: who was told that it is recorded relies on it,
 * also while the broker or the tenant service is away.
 */
export const askKey = (db: Database, { tenantId, keyId }: KeyId, clock: () => number): Promise<KeyAnswer> =>
  db.withRole('freight_key_lookup', async sql => {
    const askedAt = clock();
    const [row] = await sql<Row[]>`
      select p.position, extract(epoch from statement_timestamp())::float8 * 1000 as at, k.scopes, k.expires_at, t.status
      from revocation_position p
      left join (api_keys k join tenants t on t.id = k.tenant_id)
        on k.tenant_id = ${tenantId} and k.id = ${keyId} and k.revoked_at is null
        and not exists (select from commands c
          where c.subject_tenant_id = ${tenantId} and c.holds_key = ${keyId} and c.state = 'pending')`;
    if (!row) throw new Error('revocation_position is empty');
    const { scopes, expires_at: expiresAt, status } = row;
    return {
      key:
        scopes === null || status === null
          ? undefined
          : { caller: { tenantId, keyId, scopes, expiresAt }, suspended: status !== 'active' },
      position: row.position,
      at: row.at,
      askedAt,
    };
  });
