import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { contentOfKey, createVault, openRing, sealContexts, type TenantKeys } from './index.ts';
import { addVersion } from './keyRing.ts';

/** Keys in memory. */
const keys = (): TenantKeys => {
  const made = new Map<string, ReturnType<typeof openRing>>();
  const refresh = (id: string) => {
    const ring = made.get(id) ?? openRing(contentOfKey(randomBytes(32)));
    made.set(id, ring);
    return ring;
  };
  return { ring: id => Promise.resolve(refresh(id)), refresh };
};
const broken = expect.objectContaining({ code: 'seal_broken', message: 'A sealed value does not open' }) as Error;
const values = ['', 'x', 'the key of the CRM', '{"é":"😀"}', 'x'.repeat(100_000)];

describe('a sealed value', () => {
  it('opens to what it was, in the same place', async () => {
    const vault = await createVault(keys()).of('a');
    for (const value of values) expect(vault.open(vault.seal(value, 'here'), 'here')).toBe(value);
    // As a driver gives it: a view into a larger buffer.
    const padded = new Uint8Array(Buffer.concat([Buffer.alloc(7), vault.seal('x', 'here'), Buffer.alloc(9)]));
    expect(vault.open(padded.subarray(7, -9), 'here')).toBe('x');
  });

  it('opens in no other place, and for no other tenant', async () => {
    const vaults = createVault(keys());
    const [a, b] = [await vaults.of('a'), await vaults.of('b')];
    const sealed = a.seal('secret', 'here');
    for (const context of ['', 'there', 'here ', 'HERE']) expect(() => a.open(sealed, context)).toThrow(broken);
    expect(() => b.open(sealed, 'here')).toThrow(broken);
  });

  it('does not open with any byte changed, cut or added', async () => {
    const vault = await createVault(keys()).of('a');
    const sealed = vault.seal('secret', 'here');
    for (let i = 0; i < sealed.length; i++) {
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(sealed);
        changed[i] = (changed[i] ?? 0) ^ bit;
        expect(() => vault.open(changed, 'here'), `byte ${i}`).toThrow(broken);
      }
      expect(() => vault.open(sealed.subarray(0, i), 'here')).toThrow(broken);
    }
    expect(() => vault.open(Buffer.concat([sealed, Buffer.of(0)]), 'here')).toThrow(broken);
  });

  it('shows nothing of the value but its length, and is another one each time', async () => {
    const vault = await createVault(keys()).of('a');
    const value = 'a very secret value that is long enough to be found';
    const sealed = vault.seal(value, 'context in clear');
    for (const encoding of ['latin1', 'base64', 'hex'] as const) {
      expect(sealed.toString(encoding)).not.toContain(Buffer.from(value.slice(3, 15)).toString(encoding));
    }
    expect(sealed.toString('latin1')).not.toContain('context');
    expect(sealed).toHaveLength(29 + value.length);
    expect(new Set(Array.from({ length: 100 }, () => vault.seal(value, 'x').toString('hex').slice(2, 26))).size).toBe(
      100,
    );
  });

  it('tells nothing of itself in the error', async () => {
    const vault = await createVault(keys()).of('a');
    const error = (() => {
      try {
        return vault.open(vault.seal('the value', 'a'), 'b');
      } catch (caught) {
        return caught as Error & { cause?: Error };
      }
    })() as Error & { cause?: Error };
    expect(`${error.message} ${error.stack} ${error.cause?.message}`).not.toContain('the value');
  });
});

describe('a key of several versions', () => {
  const old = contentOfKey(randomBytes(32));
  const both = addVersion(old, randomBytes(32));
  const vaultOf = (content: typeof old) => {
    const ring = openRing(content);
    return createVault({ ring: () => Promise.resolve(ring), refresh: () => ring }).of('a');
  };

  it('seals with the newest, and opens what any of them sealed', async () => {
    const [before, after] = [await vaultOf(old), await vaultOf(both)];
    const [first, second] = [before.seal('x', 'here'), after.seal('x', 'here')];
    expect([first[0], second.subarray(0, 5).toString('hex')]).toEqual([1, '0200000002']);
    expect([after.open(first, 'here'), after.open(second, 'here')]).toEqual(['x', 'x']);
    expect(() => before.open(second, 'here')).toThrow(broken);
    const forged = Buffer.concat([Buffer.from('0200000001', 'hex'), second.subarray(5)]);
    expect(() => after.open(forged, 'here')).toThrow(broken);
  });

  it('gives the same fingerprints whatever versions come and go', async () => {
    const only = { ...both, versions: both.versions.slice(1) };
    for (const purpose of ['match key', 'command', 'cursor', 'one of later']) {
      const prints = await Promise.all(
        [old, both, only].map(async content => (await vaultOf(content)).fingerprint('x', purpose).toString('hex')),
      );
      expect(new Set(prints).size, purpose).toBe(1);
    }
  });
});

describe('a fingerprint', () => {
  it('is the same for the same value, purpose and tenant, and another one else', async () => {
    const vaults = createVault(keys());
    const [a, b] = [await vaults.of('a'), await vaults.of('b')];
    const one = a.fingerprint('x@example.com', 'match').toString('hex');
    expect(a.fingerprint('x@example.com', 'match').toString('hex')).toBe(one);
    const others = [
      a.fingerprint('y@example.com', 'match'),
      a.fingerprint('x@example.com', 'request'),
      b.fingerprint('x@example.com', 'match'),
    ];
    for (const other of others) expect(other.toString('hex')).not.toBe(one);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the contexts', () => {
  it('are different for every kind and place', () => {
    const all = [
      sealContexts.credentials('t', 'c'),
      sealContexts.command('t', 'c'),
      sealContexts.record('t', 'r', 'persons', '1'),
      sealContexts.outcome('t', 'r', 'persons', '1'),
      sealContexts.record('t', 'r', 'persons', '2'),
      sealContexts.record('u', 'r', 'persons', '1'),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('a vault', () => {
  it('asks again for a key after it could not be had, and only once after it could', async () => {
    let asked = 0;
    const given = keys();
    const vault = createVault({
      ...given,
      ring: id => (++asked === 1 ? Promise.reject(new Error('away')) : given.ring(id)),
    });
    await expect(vault.of('a')).rejects.toThrow('away');
    const [one, two] = await Promise.all([vault.of('a'), vault.of('a')]);
    expect(one.open(two.seal('x', 'y'), 'y')).toBe('x');
    expect(asked).toBe(2);
  });
});
