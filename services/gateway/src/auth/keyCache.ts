import { createHmac, randomBytes } from 'node:crypto';
import type { Grant } from './revocations.ts';

/** Remembers verified keys for a while, under an HMAC with a pepper of this process: a copy of the memory's map opens nothing. */
export interface KeyCache {
  digest(key: string): string;
  get(digest: string): Grant | undefined;
  set(digest: string, grant: Grant): void;
  /** Puts what was asked anew in the place of what is remembered, which is not remembered for longer by that. */
  renew(digest: string, grant: Grant): void;
  forget(digest: string): void;
}

export const createKeyCache = (options: {
  readonly ttlMs: number;
  readonly entriesMax: number;
  /** Milliseconds that only go forward. */
  readonly clock?: () => number;
}): KeyCache => {
  const clock = options.clock ?? (() => performance.now());
  const pepper = randomBytes(32);
  const entries = new Map<string, { readonly grant: Grant; readonly until: number }>();
  return {
    digest: key => createHmac('sha256', pepper).update(key).digest('base64url'),
    get: digest => {
      const entry = entries.get(digest);
      if (!entry) return undefined;
      if (entry.until <= clock()) {
        entries.delete(digest);
        return undefined;
      }
      return entry.grant;
    },
    set: (digest, grant) => {
      if (options.ttlMs === 0) return;
      entries.delete(digest);
      entries.set(digest, { grant, until: clock() + options.ttlMs });
      // A map keeps the order of insertion: the first is the oldest.
      const oldest = entries.keys().next();
      if (entries.size > options.entriesMax && !oldest.done) entries.delete(oldest.value);
    },
    renew: (digest, grant) => {
      const entry = entries.get(digest);
      if (entry) entries.set(digest, { grant, until: entry.until });
    },
    forget: digest => void entries.delete(digest),
  };
};
