import { contentOfKey, createVault, openRing } from '@freight/vault';
import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

const vaultOf = (byte: number) => {
  const ring = openRing(contentOfKey(Buffer.alloc(32, byte)));
  return createVault({ ring: () => Promise.resolve(ring), refresh: () => ring }).of('t');
};

it('opens for its own tenant, list and filters only, and untouched only', async () => {
  const [mine, other] = await Promise.all([vaultOf(1), vaultOf(2)]);
  const cursor = encodeCursor(mine, 'jobs', ['2026-01-01', 'id']);
  expect(decodeCursor(mine, 'jobs', cursor)).toEqual(['2026-01-01', 'id']);
  expect(decodeCursor(other, 'jobs', cursor)).toBeUndefined();
  expect(decodeCursor(mine, 'connections', cursor)).toBeUndefined();
  const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as object;
  for (const change of [{ k: ['2027-01-01', 'id'] }, { v: 2 }, { m: '' }, { k: 5 }, { extra: 1 }]) {
    const changed = Buffer.from(JSON.stringify({ ...parts, ...change })).toString('base64url');
    expect(decodeCursor(mine, 'jobs', changed)).toBeUndefined();
  }
  for (const garbage of ['', 'abc', 'bnVsbA', 'W10', '💥']) expect(decodeCursor(mine, 'jobs', garbage)).toBeUndefined();
});
