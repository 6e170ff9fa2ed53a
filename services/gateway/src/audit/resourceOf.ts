import type { Route } from '../http/defineRoute.ts';

/** What an operation is about, as the audit log names it, and which parameter of its path tells which one. */
export interface ResourceName {
  readonly kind: string;
  readonly parameter: string | undefined;
}

const segmentsOf = (path: string): readonly string[] => path.split('/').slice(2);
/** The name in `{name}`. */
const parameterOf = (segment: string | undefined): string | undefined => /^\{(\w+)\}$/.exec(segment ?? '')?.[1];

/**
 * Names the resource of every operation by its path, so that a new one is named without a word about it: the last collection in the path.
 * A collection is what stands right below the version, or before a parameter: `POST /v1/jobs/{jobId}/start` is about the `job` `{jobId}`,
 * `POST /v1/tenants/{tenantId}/api-keys` about an `api-key` that has no id yet.
 */
export const nameResources = (
  routes: readonly Pick<Route, 'path'>[],
): ((route: Pick<Route, 'path'>) => ResourceName) => {
  const collections = new Set(
    routes.flatMap(({ path }) =>
      segmentsOf(path).filter((segment, i, all) => !parameterOf(segment) && (i === 0 || parameterOf(all[i + 1]))),
    ),
  );
  return ({ path }) => {
    const segments = segmentsOf(path);
    const place = segments.findLastIndex(segment => collections.has(segment));
    return { kind: (segments[place] ?? '').replace(/s$/, ''), parameter: parameterOf(segments[place + 1]) };
  };
};
