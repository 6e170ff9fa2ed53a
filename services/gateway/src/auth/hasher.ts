import { type Environment, generateApiKey, parseApiKey } from '@freight/contracts';
import { createLimit, newId, sleep } from '@freight/kernel';
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
  /**
   * @param rank whose turn comes first; see `Standing`.
   * @param until how long to wait for a turn, on the monotonic clock.
   * @throws TooLateError
   */
  matches(key: string, storedHash: string, rank: number, until: number): Promise<boolean>;
  /** The hash at today's cost of a key whose stored hash was made at a lower one, after everybody who waits; undefined for any other. */
  renew(key: string, storedHash: string): Promise<string | undefined>;
}

/** Who makes a key has shown one. */
const provenRank = 0;
/** After a wrong key its place rests for so many times as long as its hash took, one place after the other: guesses get a third of one core. */
const restFactor = 3;

const costOf = (storedHash: string): number => Number(/^\$2[aby]\$(\d\d)\$/.exec(storedHash)?.[1] ?? Number.NaN);

export const createHasher = (options: { readonly cost: number; readonly concurrency: number }): Hasher => {
  const { cost, concurrency } = options;
  const turns = createTurns(concurrency);
  /** Before it: those who have not shown a right key yet. Here wrong keys rest, and hold up nobody who has. */
  const unproven = createTurns(concurrency);

  const rests = createLimit(1);

  const compare = async (key: string, storedHash: string, rank: number, until: number) =>
    turns.run(rank, until, async () => {
      const began = performance.now();
      const isRight = await verify(key, storedHash);
      return { isRight, ms: performance.now() - began };
    });

  return {
    makeKey: async environment => {
      const secret = generateApiKey(environment);
      const parsed = parseApiKey(secret);
      if (!parsed) throw new Error('A made key does not parse');
      const hashed = await turns.run(provenRank, Number.POSITIVE_INFINITY, () => hash(secret, { cost }));
      return { secret, facts: { keyId: newId(), prefix: parsed.prefix, hash: hashed } };
    },
    matches: async (key, storedHash, rank, until) => {
      if (rank === provenRank) return (await compare(key, storedHash, rank, until)).isRight;
      return unproven.run(rank, until, async () => {
        const { isRight, ms } = await compare(key, storedHash, rank, until);
        if (!isRight) await rests(() => sleep(restFactor * ms));
        return isRight;
      });
    },
    renew: async (key, storedHash) => {
      if (!(costOf(storedHash) < cost)) return undefined;
      return turns.run(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, () => hash(key, { cost }));
    },
  };
};
