import { expect, it } from 'vitest';
import { createKeyCache } from './keyCache.ts';

const caller = { tenantId: 't', keyId: 'k', scopes: ['read' as const], expiresAt: null };

it('forgets after its time, and the oldest when it is full', () => {
  let now = 0;
  const cache = createKeyCache({ ttlMs: 100, entriesMax: 2, clock: () => now });
  cache.set('a', caller);
  cache.set('b', caller);
  cache.set('c', caller);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, caller, caller]);
  now = 100;
  expect(cache.get('c')).toBeUndefined();
});

it('gives a key another digest in every process', () => {
  const [one, two] = [createKeyCache({ ttlMs: 1, entriesMax: 1 }), createKeyCache({ ttlMs: 1, entriesMax: 1 })];
  expect(one.digest('k')).toBe(one.digest('k'));
  expect(one.digest('k')).not.toBe(two.digest('k'));
});
