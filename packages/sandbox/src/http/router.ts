/**
 * A router for a few dozen fixed patterns. Patterns are told apart by method and number of segments first, so that a
 * look-up compares a handful of candidates; literal segments win over `{parameters}` in the order of registration.
 */
export interface RouteMatch<Route> {
  readonly route: Route;
  readonly pattern: string;
  readonly params: Readonly<Record<string, string>>;
}

interface Entry<Route> {
  readonly segments: readonly string[];
  readonly pattern: string;
  readonly route: Route;
}

export interface Router<Route> {
  add(method: string, pattern: string, route: Route): void;
  find(method: string, path: string): RouteMatch<Route> | undefined;
  /** Whether another method would have been answered at this path: a 405 rather than a 404. */
  hasPath(path: string): boolean;
}

export function createRouter<Route>(): Router<Route> {
  const byShape = new Map<string, Entry<Route>[]>();
  const methods = new Set<string>();

  const find = (method: string, path: string): RouteMatch<Route> | undefined => {
    const parts = path.split('/');
    for (const entry of byShape.get(`${method} ${parts.length}`) ?? []) {
      const params = match(entry.segments, parts);
      if (params !== undefined) return { route: entry.route, pattern: entry.pattern, params };
    }
    return undefined;
  };

  return {
    add(method, pattern, route) {
      const segments = pattern.split('/');
      const shape = `${method} ${segments.length}`;
      const entries = byShape.get(shape) ?? [];
      entries.push({ segments, pattern, route });
      byShape.set(shape, entries);
      methods.add(method);
    },
    find,
    hasPath: path => [...methods].some(method => find(method, path) !== undefined),
  };
}

function match(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  let params: Record<string, string> | undefined;
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    const part = parts[i] as string;
    if (segment.startsWith('{')) {
      if (part === '') return undefined;
      params ??= {};
      params[segment.slice(1, -1)] = decode(part);
    } else if (segment !== part) return undefined;
  }
  return params ?? {};
}

/** A path with a broken escape names nothing; it must not bring the server down. */
function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
