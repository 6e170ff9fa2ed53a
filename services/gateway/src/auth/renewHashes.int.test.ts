import { sleep } from '@freight/kernel';
import { verify } from '@node-rs/bcrypt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from '../../../../test/int/gatewayFixture.ts';
import { startHashRenewal } from './renewHashes.ts';

let f: GatewayFixture;
beforeAll(async () => {
  f = await startGatewayFixture();
});
afterAll(() => f.stop());

const use = async (key: string, api = f.api) => (await api.call('GET', '/v1/jobs', { key })).status;

/** What is stored of a tenant's keys: each hash, and the one that the tenant's row mirrors. */
const stored = async (tenantId: string) => {
  const hashes = await f.database.admin<{ key_id: string; hash: string }[]>`
    select key_id, hash from api_key_hashes where tenant_id = ${tenantId} order by key_id`;
  const [row] = await f.database.admin<{ mirror: string | null }[]>`
    select api_key_hash as mirror from tenants where id = ${tenantId}`;
  return { hashes, mirror: row?.mirror };
};
const onlyHash = async (tenantId: string) => (await stored(tenantId)).hashes[0]?.hash ?? '';

describe('when the cost setting rises', () => {
  it('a key gets a new hash the next time that it is verified, and works everywhere before and after', async () => {
    const { id, key } = await f.tenant();
    const before = await onlyHash(id);
    expect(before).toMatch(/^\$2b\$04\$/);
    const dearer = await f.another({ FREIGHT_BCRYPT_COST: '5' });
    try {
      expect(await use(key, dearer.api)).toBe(200);
      await until('the hash is renewed', async () => (await onlyHash(id)) !== before);
      const after = await stored(id);
      expect(after.hashes[0]?.hash).toMatch(/^\$2b\$05\$/);
      // A rebuild would make the very same row.
      expect(after.mirror).toBe(after.hashes[0]?.hash);
      expect(await verify(key, after.hashes[0]?.hash ?? '')).toBe(true);
      const fresh = await f.another({});
      expect([await use(key), await use(key, fresh.api)]).toEqual([200, 200]);
      await fresh.stop();
      // One that is set lower leaves it.
      expect(await stored(id)).toEqual(after);
    } finally {
      await dearer.stop();
    }
  });
});

describe('a hash that is renewed while its key ends', () => {
  /** Begins a renewal that waits at its hash until told to go on. */
  const begin = async (id: string, key: string) => {
    const hashed = Promise.withResolvers<string>();
    const errors: unknown[] = [];
    const renewal = startHashRenewal({
      db: f.database.open('freight_gateway'),
      hasher: { renew: () => hashed.promise },
      onError: error => errors.push(error),
    });
    const [row] = (await stored(id)).hashes;
    renewal.consider(key, { key: { tenantId: id, keyId: row?.key_id ?? '' }, hash: row?.hash ?? '' });
    await sleep(0);
    return {
      keyId: row?.key_id ?? '',
      end: async () => {
        hashed.resolve('$2b$15$a-new-hash');
        await renewal.stop();
        expect(errors).toEqual([]);
      },
    };
  };

  it('revives nothing: a revoked key stays revoked, and the tenant’s row mirrors none', async () => {
    const { id, key } = await f.tenant();
    const renewal = await begin(id, key);
    const path = `/v1/api-keys/${renewal.keyId}?force=true`;
    expect((await f.api.call('DELETE', path, { key })).status).toBe(204);
    await renewal.end();
    expect(await stored(id)).toMatchObject({ hashes: [{ hash: '$2b$15$a-new-hash' }], mirror: null });
    expect(await use(key)).toBe(401);
    const fresh = await f.another({});
    expect(await use(key, fresh.api)).toBe(401);
    await fresh.stop();
  });

  it('takes nothing from the key that replaced it: the tenant’s row mirrors the new one', async () => {
    const { id, key } = await f.tenant();
    const renewal = await begin(id, key);
    const rotated = await f.api.call('POST', `/v1/api-keys/${renewal.keyId}/rotate`, {
      key,
      body: { overlapSeconds: 0 },
    });
    expect(rotated.status).toBe(201);
    const { mirror } = await stored(id);
    await renewal.end();
    const after = await stored(id);
    expect(after.mirror).toBe(mirror);
    expect(after.hashes.find(one => one.key_id === rotated.body.apiKey.id)?.hash).toBe(mirror);
    expect([await use(key), await use(rotated.body.apiKey.secret)]).toEqual([401, 200]);
  });

  it('replaces only the very hash that was verified', async () => {
    const { id, key } = await f.tenant();
    const renewal = await begin(id, key);
    await f.database.admin`update api_key_hashes set hash = 'another' where tenant_id = ${id}`;
    await renewal.end();
    expect(await onlyHash(id)).toBe('another');
  });
});
