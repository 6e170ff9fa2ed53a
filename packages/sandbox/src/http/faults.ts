import type { FaultInput, FaultReport } from '../control/types.ts';
import { createRandom } from '../random.ts';

/**
 * Scripted faults of one workspace. A request takes the first fault that matches it and still has something to give;
 * everything is decided in the order of arrival and, for `probability`, by a generator with a given seed, so that one
 * sequence of requests always meets the same faults.
 */
export interface Faults {
  add(input: FaultInput): FaultReport;
  /** The fault that this request meets; counts it as fired. */
  next(method: string, path: string, query: string): FaultInput | undefined;
  list(): FaultReport[];
  clear(): void;
}

interface Armed {
  readonly id: number;
  readonly input: FaultInput;
  readonly matches: (method: string, path: string, query: string) => boolean;
  readonly random: () => number;
  seen: number;
  fired: number;
}

export function createFaults(): Faults {
  let armed: Armed[] = [];
  let lastId = 0;
  return {
    add(input) {
      lastId += 1;
      const fault: Armed = {
        id: lastId,
        input,
        matches: createMatcher(input.match ?? {}),
        random: createRandom(input.seed ?? 1),
        seen: 0,
        fired: 0,
      };
      armed.push(fault);
      return report(fault);
    },
    next(method, path, query) {
      if (armed.length === 0) return undefined;
      let taken: Armed | undefined;
      for (const fault of armed) {
        if (!fault.matches(method, path, query)) continue;
        // Counted for every fault, taken or not: what one fault sees must not depend on the others.
        fault.seen += 1;
        if (taken !== undefined || fault.fired >= (fault.input.times ?? 1)) continue;
        if (fault.seen <= (fault.input.match?.afterRequests ?? 0)) continue;
        if (fault.seen % (fault.input.match?.every ?? 1) !== 0) continue;
        if (fault.random() >= (fault.input.probability ?? 1)) continue;
        fault.fired += 1;
        taken = fault;
      }
      return taken?.input;
    },
    list: () => armed.map(report),
    clear() {
      armed = [];
    },
  };
}

function report(fault: Armed): FaultReport {
  return { id: fault.id, fault: fault.input, seen: fault.seen, fired: fault.fired };
}

/** A path that starts with `/` is a prefix, anything else a regular expression; both see the path without the mount. */
function createMatcher(match: NonNullable<FaultInput['match']>): Armed['matches'] {
  const wanted = match.method?.toUpperCase();
  const { path } = match;
  const pattern = path === undefined || path.startsWith('/') ? undefined : new RegExp(path);
  const query = match.query === undefined ? undefined : new RegExp(match.query);
  return (method, seenPath, seenQuery) =>
    query?.test(seenQuery) !== false &&
    (wanted === undefined || wanted === method) &&
    (path === undefined || (pattern === undefined ? seenPath.startsWith(path) : pattern.test(seenPath)));
}
