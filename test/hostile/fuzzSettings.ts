/**
 * How much is tried, and which cases: FREIGHT_FUZZ_SEED (a whole number, or `random`) and FREIGHT_FUZZ_CASES. Without them the cases are the
 * same in every run, so that a red build is about the change and not about luck.
 */
import { randomInt } from 'node:crypto';

const fixedSeed = 20_260_801;

const readNumber = (name: string): number | undefined => {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number below a billion`);
  return Number(text);
};

/** The first round's seed; each round has the next one. */
export const fuzzSeed =
  process.env['FREIGHT_FUZZ_SEED'] === 'random'
    ? randomInt(1_000_000_000)
    : (readNumber('FREIGHT_FUZZ_SEED') ?? fixedSeed);

/** How many cases to try, at least. */
export const fuzzCases = (usual: number): number => readNumber('FREIGHT_FUZZ_CASES') ?? usual;

/** What a person does with a failure. */
export const howToReplay = (seed: number, file: string): string =>
  `Replay: FREIGHT_FUZZ_SEED=${seed} FREIGHT_FUZZ_CASES=1 ./freight test ${file}`;
