import { createHash } from 'node:crypto';
import type { AuditEntry } from '@freight/contracts';
import { canonicalJson } from '@freight/kernel';

/** What the first entry of a chain has in the place of a digest. */
export const zeroHash = '0'.repeat(64);

/** The digest that an entry must have: of itself, without it. The database computes the same. Source: migrations/0011. */
export const hashOf = (entry: AuditEntry): string => {
  const { hash: _, ...content } = entry;
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
};
