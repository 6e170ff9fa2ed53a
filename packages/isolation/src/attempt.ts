import { mask } from './mask.ts';

/** Where somebody may try to cross from one tenant to another. */
export const floors = ['http', 'timing', 'sql', 'nats', 'redis'] as const;
export type Floor = (typeof floors)[number];

export interface Trial {
  readonly floor: Floor;
  /** What it is about: a route, a table and a role, a subject. */
  readonly name: string;
  readonly tried: string;
  readonly expected: string;
}

/** One try at crossing, and what came of it. */
export interface Attempt extends Trial {
  /** `unclear`: it could not be carried out, so that it proves nothing. */
  readonly result: 'held' | 'leak' | 'unclear';
  /** What was seen instead of the expected, masked; empty when it held. */
  readonly seen: string;
}

/** Takes down every attempt. */
export interface Recorder {
  /**
   * Carries out one try.
   * @param run resolves to what it saw of the other tenant, in words; undefined when nothing. What it throws makes the attempt unclear.
   */
  attempt(trial: Trial, run: () => Promise<string | undefined> | string | undefined): Promise<Attempt>;
  /** Something has been tried at this route (`GET /v1/jobs`) or table. */
  cover(kind: 'route' | 'table', name: string): void;
  /** This route or table ought to be covered. */
  expect(kind: 'route' | 'table', name: string): void;
  /** Why a route or table could not be tried. */
  cannot(kind: 'route' | 'table', name: string, why: string): void;
  /** A floor, or a part of one, that was left out for lack of an address. */
  skip(what: string): void;
  readonly attempts: readonly Attempt[];
  readonly skipped: readonly string[];
  coverage(kind: 'route' | 'table'): Coverage;
}

export interface Coverage {
  readonly covered: number;
  readonly total: number;
  /** Those that are not covered, and why. */
  readonly missing: readonly string[];
}

export const createRecorder = (onAttempt: (attempt: Attempt) => void = () => {}): Recorder => {
  const attempts: Attempt[] = [];
  const skipped: string[] = [];
  const expected = { route: new Set<string>(), table: new Set<string>() };
  const covered = { route: new Set<string>(), table: new Set<string>() };
  const reasons = { route: new Map<string, string>(), table: new Map<string, string>() };

  const verdictOf = async (
    run: () => Promise<string | undefined> | string | undefined,
  ): Promise<Pick<Attempt, 'result' | 'seen'>> => {
    try {
      const seen = await run();
      return seen === undefined ? { result: 'held', seen: '' } : { result: 'leak', seen: mask(seen) };
    } catch (error) {
      return { result: 'unclear', seen: mask(error instanceof Error ? error.message : String(error)) };
    }
  };

  return {
    attempt: async (trial, run) => {
      const attempt = { ...trial, ...(await verdictOf(run)) };
      attempts.push(attempt);
      onAttempt(attempt);
      return attempt;
    },
    expect: (kind, name) => void expected[kind].add(name),
    cover: (kind, name) => void covered[kind].add(name),
    cannot: (kind, name, why) => void reasons[kind].set(name, mask(why)),
    skip: what => void skipped.push(what),
    attempts,
    skipped,
    coverage: kind => {
      // Whoever could not try all of it has not covered it.
      const missing = [...expected[kind]].filter(name => reasons[kind].has(name) || !covered[kind].has(name));
      return {
        covered: expected[kind].size - missing.length,
        total: expected[kind].size,
        missing: missing.map(name => `${name}: ${reasons[kind].get(name) ?? 'nothing was tried'}`),
      };
    },
  };
};
