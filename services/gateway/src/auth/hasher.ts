import { type Environment, generateApiKey, parseApiKey } from '@freight/contracts';
import { createLimit, newId } from '@freight/kernel';
import { hash, verify } from '@node-rs/bcrypt';

/** A new key with what may be stored of it. */
export interface MadeKey {
  /** The key itself: shown once, kept nowhere. */
  readonly secret: string;
  /** What travels in the command. */
  readonly facts: { readonly keyId: string; readonly prefix: string; readonly hash: string };
}

/** bcrypt behind a bound: it takes a core for a long time, and other requests need the cores too. */
export interface Hasher {
  makeKey(environment: Environment): Promise<MadeKey>;
  matches(key: string, storedHash: string): Promise<boolean>;
}

export const createHasher = (options: { readonly cost: number; readonly concurrency: number }): Hasher => {
  const limit = createLimit(options.concurrency);
  return {
    makeKey: async environment => {
      const secret = generateApiKey(environment);
      const parsed = parseApiKey(secret);
      if (!parsed) throw new Error('A made key does not parse');
      const hashed = await limit(() => hash(secret, { cost: options.cost }));
      return { secret, facts: { keyId: newId(), prefix: parsed.prefix, hash: hashed } };
    },
    matches: (key, storedHash) => limit(() => verify(key, storedHash)),
  };
};
