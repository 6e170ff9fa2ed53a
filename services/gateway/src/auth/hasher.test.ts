import { generateApiKey } from '@freight/contracts';
import { hash } from '@node-rs/bcrypt';
import { expect, it } from 'vitest';
import { createHasher } from './hasher.ts';

it('wrong keys from strangers hold up nobody who has shown a right one before', async () => {
  const key = generateApiKey('test');
  const stored = await hash(key, { cost: 8 });
  const hasher = createHasher({ cost: 8, concurrency: 2 });
  const patience = performance.now() + 500;
  let wrongAnswered = 0;
  const wrong = Array.from({ length: 20 }, () =>
    hasher.matches(generateApiKey('test'), stored, 1, patience).then(() => wrongAnswered++),
  );
  for (let i = 0; i < 5; i++) expect(await hasher.matches(key, stored, 0, Number.POSITIVE_INFINITY)).toBe(true);
  // Each had to wait for the hashes at hand only, while those of the strangers rested in between.
  expect(wrongAnswered).toBeLessThan(10);
  // Those whose turn did not come in time were told so.
  const ends = await Promise.allSettled(wrong);
  expect(ends.some(one => one.status === 'rejected')).toBe(true);
});

it('renews a hash of a lower cost, and no other', async () => {
  const key = generateApiKey('test');
  const hasher = createHasher({ cost: 5, concurrency: 1 });
  const renewed = (await hasher.renew(key, await hash(key, { cost: 4 }))) ?? '';
  expect(renewed).toMatch(/^\$2b\$05\$/);
  expect(await hasher.matches(key, renewed, 1, performance.now() + 1000)).toBe(true);
  for (const other of [renewed, await hash(key, { cost: 6 }), 'no hash'])
    expect(await hasher.renew(key, other)).toBeUndefined();
});
