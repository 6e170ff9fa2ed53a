import type { Scope } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import type { Caller } from './caller.ts';

export interface KeyCandidate {
  readonly caller: Caller;
  readonly hash: string;
}

/** The keys that have a prefix, whosever they are; bcrypt tells them apart. Reads across tenants, as the one role that may. */
export const lookUpKeys = (db: Database, prefix: string): Promise<readonly KeyCandidate[]> =>
  db.withRole('freight_key_lookup', async sql => {
    const rows = await sql<{ tenant_id: string; id: string; scopes: Scope[]; expires_at: Date | null; hash: string }[]>`
      select k.tenant_id, k.id, k.scopes, k.expires_at, h.hash
      from api_keys k join api_key_hashes h on h.tenant_id = k.tenant_id and h.key_id = k.id
      where k.prefix = ${prefix} limit 8`;
    return rows.map(row => ({
      caller: { tenantId: row.tenant_id, keyId: row.id, scopes: row.scopes, expiresAt: row.expires_at },
      hash: row.hash,
    }));
  });
