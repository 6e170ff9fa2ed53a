import { expect, it } from 'vitest';
import { createKeyCache } from './keyCache.ts';

const grant = {
  caller: { tenantId: 't', keyId: 'k', scopes: ['read' as const], expiresAt: null },
  suspended: false,
  position: 1,
};

it('forgets after its time, and the oldest when it is full', () => {
  let now = 0;
  const cache = createKeyCache({ ttlMs: 100, entriesMax: 2, clock: () => now });
  cache.set('a', grant);
  cache.set('b', grant);
  cache.set('c', grant);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, grant, grant]);
  now = 100;
  expect(cache.get('c')).toBeUndefined();
});

it('remembers what was asked anew for no longer than before, and nothing that was forgotten meanwhile', () => {
  let now = 0;
  const cache = createKeyCache({ ttlMs: 100, entriesMax: 2, clock: () => now });
  cache.set('a', grant);
  now = 60;
  const renewed = { ...grant, position: 2 };
  cache.renew('a', renewed);
  expect(cache.get('a')).toBe(renewed);
  now = 100;
  expect(cache.get('a')).toBeUndefined();
  cache.renew('a', renewed);
  cache.set('b', grant);
  cache.forget('b');
  cache.renew('b', renewed);
  expect([cache.get('a'), cache.get('b')]).toEqual([undefined, undefined]);
});

it('gives a key another digest in every process', () => {
  const [one, two] = [createKeyCache({ ttlMs: 1, entriesMax: 1 }), createKeyCache({ ttlMs: 1, entriesMax: 1 })];
  expect(one.digest('k')).toBe(one.digest('k'));
  expect(one.digest('k')).not.toBe(two.digest('k'));
});
