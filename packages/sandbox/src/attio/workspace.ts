import type { ParsedWorkspaceInput, WorkspaceInfo } from '../control/types.ts';
import { type AttioLimits, attioLimitsSchema, attioOptionsSchema } from '../control/types.ts';
import { type Answer, type Call, NO_ROUTE, type Reply, type Routed } from '../http/call.ts';
import { createFaults } from '../http/faults.ts';
import { createRouter } from '../http/router.ts';
import { createStats } from '../http/stats.ts';
import { createTokenBucket, type TokenBucket } from '../http/tokenBucket.ts';
import type { Workspace } from '../workspace.ts';
import { countState } from './counts.ts';
import { createDamages } from './damage/damages.ts';
import { editAsMember } from './edit.ts';
import { AttioError, invalid, toReply } from './errors.ts';
import { createState } from './model/state.ts';
import { findDoubles } from './records/doubles.ts';
import { enrichDue } from './records/enrich.ts';
import { commentRoutes } from './routes/comments.ts';
import { configurationRoutes } from './routes/configuration.ts';
import { listRoutes } from './routes/lists.ts';
import { noteRoutes } from './routes/notes.ts';
import { recordRoutes } from './routes/records.ts';
import type { AttioRoute } from './routes/route.ts';
import { taskRoutes } from './routes/tasks.ts';
import { workspaceRoutes } from './routes/workspace.ts';
import { requireScopes } from './scopes.ts';
import { seedRow } from './seed.ts';

const router = createRouter<AttioRoute>();
for (const route of [
  ...recordRoutes,
  ...configurationRoutes,
  ...workspaceRoutes,
  ...listRoutes,
  ...noteRoutes,
  ...taskRoutes,
  ...commentRoutes,
]) {
  router.add(route.method, route.pattern, route);
}

/** One Attio workspace: routing, limits, scopes and errors around its state. */
export function createAttioWorkspace(
  info: WorkspaceInfo,
  input: Extract<ParsedWorkspaceInput, { kind: 'attio' }>,
  now: () => number,
): Workspace {
  const options = input.options ?? attioOptionsSchema.parse({});
  const state = createState(info.name, options, now());
  const damages = createDamages(state);
  let buckets = createBuckets(input.limits === undefined ? attioLimitsSchema.parse({}) : input.limits);

  const tooMany = (call: Call, waitSeconds: number): Reply =>
    toReply(new AttioError(429, 'rate_limit_exceeded', 'Rate limit exceeded, please try again later'), {
      'retry-after': options.retryAfterStyle === 'seconds' ? String(waitSeconds) : toHttpDate(call.nowMs, waitSeconds),
    });

  const run = (call: Call, found: { route: AttioRoute; params: Readonly<Record<string, string>> }): Answer => {
    const waitMs = buckets === undefined ? 0 : take(buckets, found.route, call.nowMs);
    if (waitMs > 0) return { reply: tooMany(call, Math.ceil(waitMs / 1000)), isLimited: true };
    enrichDue(state, call.nowMs);
    try {
      requireScopes(options.scopes, found.route.scopes);
      if (call.bodyIsBroken) throw invalid('The body is not valid JSON.');
      const { query, body, nowMs } = call;
      const answer = found.route.handle({ state, params: found.params, query, body, nowMs });
      if (found.route.isWrite) damages.afterWrite(answer);
      return { reply: { status: 200, body: answer }, isLimited: false };
    } catch (error) {
      if (error instanceof AttioError) return { reply: toReply(error), isLimited: false };
      throw error;
    }
  };

  return {
    info,
    faults: createFaults(),
    stats: createStats(),
    route(method, path): Routed {
      const found = router.find(method, path);
      if (found === undefined) return unknownRoute(method, path);
      return { route: found.pattern, isWrite: found.route.isWrite, run: call => run(call, found) };
    },
    refuse(status, call, retryAfterSeconds) {
      if (status === 429) return tooMany(call, retryAfterSeconds ?? 1);
      return toReply(new AttioError(status, 'internal_error', 'Something went wrong, please try again later'));
    },
    setLimits(limits) {
      buckets = createBuckets(attioLimitsSchema.nullable().parse(limits));
    },
    seed: row => seedRow(state, row, now()),
    counts: () => countState(state),
    doubles: () => findDoubles(state),
    damages,
    edit: input => ({ id: editAsMember(state, input, now()).id }),
  };
}

interface Buckets {
  readonly reads: TokenBucket;
  readonly writes: TokenBucket;
  readonly noteLists: TokenBucket;
}

function createBuckets(limits: AttioLimits | null | undefined): Buckets | undefined {
  if (limits === null || limits === undefined) return undefined;
  return {
    reads: createTokenBucket(limits.readsPerSecond, limits.readBurst),
    writes: createTokenBucket(limits.writesPerSecond, limits.writeBurst),
    noteLists: createTokenBucket(limits.noteListsPerSecond, limits.noteListsPerSecond),
  };
}

/** 0, or the milliseconds until the request may be repeated. What the narrow bucket refuses costs the wide one nothing. */
function take(buckets: Buckets, route: AttioRoute, nowMs: number): number {
  if (route.isWrite) return buckets.writes.take(nowMs);
  const waitMs = route.isNoteList === true ? buckets.noteLists.take(nowMs) : 0;
  return waitMs > 0 ? waitMs : buckets.reads.take(nowMs);
}

/** The second at whose start the wait is over. A date knows no fractions, so it is rounded up. */
function toHttpDate(nowMs: number, waitSeconds: number): string {
  return new Date(Math.ceil(nowMs / 1000) * 1000 + (waitSeconds - 1) * 1000).toUTCString();
}

const unknownRoute = (method: string, path: string): Routed => ({
  route: NO_ROUTE,
  isWrite: method !== 'GET',
  run: () => ({
    reply: toReply(new AttioError(404, 'not_found', `Could not find endpoint "${method} ${path}".`)),
    isLimited: false,
  }),
});
