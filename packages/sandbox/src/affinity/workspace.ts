import {
  affinityLimitsSchema,
  affinityOptionsSchema,
  type ParsedWorkspaceInput,
  type WorkspaceInfo,
} from '../control/types.ts';
import { type Answer, type Call, NO_ROUTE, type Reply, type Routed } from '../http/call.ts';
import { createFaults } from '../http/faults.ts';
import { createRouter, type RouteMatch } from '../http/router.ts';
import { createStats } from '../http/stats.ts';
import type { Workspace } from '../workspace.ts';
import { AffinityError, invalidParam, toV1Reply, toV2Reply } from './errors.ts';
import { createMeter, type Meter } from './limits.ts';
import { isV2Path } from './paths.ts';
import { type AffinityRoute, Redirect } from './route.ts';
import { removeRows, seedRow } from './seed.ts';
import { createAffinityState } from './state.ts';
import { v1ActivityRoutes } from './v1/activity.ts';
import { v1Routes } from './v1/routes.ts';
import { v2ActivityRoutes } from './v2/activity.ts';
import { v2ListRoutes } from './v2/lists.ts';
import { v2NoteRoutes } from './v2/notes.ts';
import { v2Routes } from './v2/routes.ts';
import { v2ViewRoutes } from './v2/views.ts';

const VERSIONS = ['2024-01-01', '2026-07-15', '2026-09-17'];
const VERSION_HEADER = 'x-affinity-api-version';

const router = createRouter<AffinityRoute>();
for (const route of [
  ...v1Routes,
  ...v1ActivityRoutes,
  ...v2Routes,
  ...v2ListRoutes,
  ...v2ViewRoutes,
  ...v2NoteRoutes,
  ...v2ActivityRoutes,
])
  router.add('GET', route.pattern, route);

let lastTenantId = 12_000;

/** One Affinity account: routing, limits, versions and the two styles of errors around its state. */
export function createAffinityWorkspace(
  info: WorkspaceInfo,
  input: Extract<ParsedWorkspaceInput, { kind: 'affinity' }>,
): Workspace {
  lastTenantId += 1;
  const state = createAffinityState(info.name, lastTenantId);
  const options = input.options ?? affinityOptionsSchema.parse({});
  let meter = createMeter(input.limits === undefined ? affinityLimitsSchema.parse({}) : input.limits);

  const effectiveVersion = (call: Call): string => {
    const asked = call.headers[VERSION_HEADER];
    const version = typeof asked === 'string' ? asked : options.apiVersion;
    return version === 'current' ? (VERSIONS[VERSIONS.length - 1] as string) : version;
  };
  const withHeaders = (reply: Reply, call: Call): Reply => ({
    ...reply,
    headers: {
      ...rateHeaders(meter, call.nowMs),
      ...(isV2Path(call.path) ? { [VERSION_HEADER]: effectiveVersion(call) } : {}),
      ...reply.headers,
    },
  });
  const fail = (error: AffinityError, call: Call): Reply =>
    withHeaders(isV2Path(call.path) ? toV2Reply(error) : toV1Reply(error), call);

  const run = (call: Call, found: RouteMatch<AffinityRoute> | undefined): Answer => {
    if (!meter.take(call.nowMs, found?.route.isFreeOfMonth === true)) {
      return { reply: fail(new AffinityError(429, 'The rate limit is exceeded.'), call), isLimited: true };
    }
    try {
      const version = effectiveVersion(call);
      if (isV2Path(call.path) && !VERSIONS.includes(version)) {
        throw invalidParam('X-Affinity-Api-Version', `Version '${version}' is not known.`);
      }
      if (found === undefined) throw noRoute(call);
      const { permission, handle } = found.route;
      if (permission !== undefined && options.missingPermissions.includes(permission)) {
        throw new AffinityError(403, `The user of this key lacks the permission '${permission}'.`);
      }
      const { query, path, baseUrl, nowMs, isPageEmpty = false } = call;
      const body = handle({ state, params: found.params, query, path, baseUrl, nowMs, version, meter, isPageEmpty });
      if (body instanceof Redirect) {
        const reply = { status: 302, body: undefined, headers: { location: body.location } };
        return { reply: withHeaders(reply, call), isLimited: false };
      }
      return { reply: withHeaders({ status: 200, body }, call), isLimited: false };
    } catch (error) {
      if (error instanceof AffinityError) return { reply: fail(error, call), isLimited: false };
      throw error;
    }
  };

  return {
    info,
    faults: createFaults(),
    stats: createStats(),
    route(method, path): Routed {
      const found = router.find(method, path);
      return { route: found?.pattern ?? NO_ROUTE, isWrite: method !== 'GET', run: call => run(call, found) };
    },
    refuse(status, call, retryAfterSeconds) {
      const words = status === 429 ? 'The rate limit is exceeded.' : 'Something went wrong.';
      const reply = fail(new AffinityError(status, words), call);
      // Affinity does not document the header, so it is there only when the fault asks for it.
      if (retryAfterSeconds === undefined) return reply;
      return { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfterSeconds) } };
    },
    setLimits(limits) {
      meter = createMeter(affinityLimitsSchema.nullable().parse(limits));
    },
    seed: row => seedRow(state, row),
    remove: ids => removeRows(state, ids),
    counts: () => ({
      users: state.users.size,
      persons: state.persons.size,
      organizations: state.organizations.size,
      opportunities: state.opportunities.size,
      lists: state.lists.size,
      listEntries: state.listEntries.size,
      notes: state.notes.size,
      reminders: state.reminders.size,
      files: state.files.size,
      interactions: state.interactions.reduce((sum, table) => sum + table.size, 0),
      fieldValueChanges: state.fieldValueChanges.size,
      fields: state.fields.size,
    }),
  };
}

function noRoute(call: Call): AffinityError {
  return router.hasPath(call.path)
    ? new AffinityError(405, `${call.method} is not played here.`)
    : new AffinityError(404, `There is no ${call.path}.`);
}

/** In lower case, as Affinity sends them since 2026. */
function rateHeaders(meter: Meter, nowMs: number): Record<string, string> {
  const { minute, month } = meter.usage(nowMs);
  return {
    'x-ratelimit-limit-user': String(minute.limit),
    'x-ratelimit-limit-user-remaining': String(minute.remaining),
    'x-ratelimit-limit-user-reset': String(minute.reset),
    'x-ratelimit-limit-org': String(month.limit),
    'x-ratelimit-limit-org-remaining': String(month.remaining),
    'x-ratelimit-limit-org-reset': String(month.reset),
  };
}
