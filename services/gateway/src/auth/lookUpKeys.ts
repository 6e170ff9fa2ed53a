import type { Database } from '@freight/postgres';
import type { KeyId } from './caller.ts';

export interface KeyCandidate {
  readonly key: KeyId;
  readonly hash: string;
  /** Revoked: it will never be let in again, and is looked up only to know whose it was. */
  readonly isRevoked: boolean;
}

/** The keys that have a prefix, whosever they are; bcrypt tells them apart. Reads across tenants, as the one role that may. */
export const lookUpKeys = (db: Database, prefix: string): Promise<readonly KeyCandidate[]> =>
  db.withRole('freight_key_lookup', async sql => {
    const rows = await sql<{ tenant_id: string; id: string; hash: string; is_revoked: boolean }[]>`
      select k.tenant_id, k.id, h.hash, k.revoked_at is not null as is_revoked
      from api_keys k join api_key_hashes h on h.tenant_id = k.tenant_id and h.key_id = k.id
      where k.prefix = ${prefix} order by k.revoked_at is not null limit 8`;
    return rows.map(row => ({
      key: { tenantId: row.tenant_id, keyId: row.id },
      hash: row.hash,
      isRevoked: row.is_revoked,
    }));
  });
