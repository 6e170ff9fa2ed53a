import { timingSafeEqual } from 'node:crypto';
import type { TenantVault } from '@freight/vault';
import { z } from 'zod';

const version = 1;
const payload = z.strictObject({
  v: z.literal(version),
  /** Of which list, with which filters. */
  p: z.string(),
  /** The last entry of the page before. */
  k: z.array(z.string()),
  m: z.string(),
});

const mac = (vault: TenantVault, purpose: string, keys: readonly string[]): Buffer =>
  vault.fingerprint(JSON.stringify([version, purpose, keys]), 'cursor').subarray(0, 16);

/** An opaque place in a list. It opens for the same tenant, list and filters only, on any gateway. */
export const encodeCursor = (vault: TenantVault, purpose: string, keys: readonly string[]): string =>
  Buffer.from(
    JSON.stringify({ v: version, p: purpose, k: keys, m: mac(vault, purpose, keys).toString('base64url') }),
  ).toString('base64url');

/** @returns undefined for whatever is not a cursor of ours for this list. */
export const decodeCursor = (vault: TenantVault, purpose: string, cursor: string): readonly string[] | undefined => {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = payload.safeParse(json);
  if (!parsed.success || parsed.data.p !== purpose) return undefined;
  const given = Buffer.from(parsed.data.m, 'base64url');
  const expected = mac(vault, purpose, parsed.data.k);
  return given.length === expected.length && timingSafeEqual(given, expected) ? parsed.data.k : undefined;
};
