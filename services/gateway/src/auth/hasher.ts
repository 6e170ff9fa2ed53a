import { type Environment, generateApiKey, parseApiKey } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { hash, verify } from '@node-rs/bcrypt';
import { createTurns } from './turns.ts';

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
  /** @param rank whose turn comes first; see `Standing`. */
  matches(key: string, storedHash: string, rank: number): Promise<boolean>;
  /** The hash at today's cost of a key whose stored hash was made at a lower one, after everybody who waits; undefined for any other. */
  renew(key: string, storedHash: string): Promise<string | undefined>;
}

/** Who makes a key has shown one. */
const provenRank = 0;

const costOf = (storedHash: string): number => Number(/^\$2[aby]\$(\d\d)\$/.exec(storedHash)?.[1] ?? Number.NaN);

export const createHasher = (options: { readonly cost: number; readonly concurrency: number }): Hasher => {
  const turns = createTurns(options.concurrency);
  const hashOf = (key: string, rank: number) => turns.run(rank, () => hash(key, { cost: options.cost }));
  return {
    makeKey: async environment => {
      const secret = generateApiKey(environment);
      const parsed = parseApiKey(secret);
      if (!parsed) throw new Error('A made key does not parse');
      const hashed = await hashOf(secret, provenRank);
      return { secret, facts: { keyId: newId(), prefix: parsed.prefix, hash: hashed } };
    },
    matches: (key, storedHash, rank) => turns.run(rank, () => verify(key, storedHash)),
    renew: (key, storedHash) =>
      costOf(storedHash) < options.cost ? hashOf(key, Number.POSITIVE_INFINITY) : Promise.resolve(undefined),
  };
};
