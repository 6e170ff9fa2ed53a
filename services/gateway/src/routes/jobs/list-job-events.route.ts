import { cloudEvent, subjects } from '@freight/contracts';
import { z } from 'zod';
import type { Caller } from '../../auth/caller.ts';
import type { Deps } from '../../deps.ts';
import { type Answer, notFound, refuse } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { openEventStream } from '../../http/eventStream.ts';
import { queryNumber } from '../../http/fields.ts';
import { listJobEvents } from '../../queries/jobEvents.query.ts';
import { getJob } from '../../queries/jobs.query.ts';
import { jobParams } from './jobParams.ts';

const pollMs = 1000;
const heartbeatMs = 15_000;
const eventsAtOnce = 500;
/** Open streams of one tenant on one gateway: each asks Postgres once a second. */
const streamsPerTenantMax = 100;

const openStreams = new WeakMap<Deps, Map<string, number>>();

/** Takes a place among the tenant's open streams. @returns how to give it back; undefined when there is none. */
const takePlace = (deps: Deps, tenantId: string): (() => void) | undefined => {
  let counts = openStreams.get(deps);
  if (!counts) openStreams.set(deps, (counts = new Map()));
  const places = counts;
  const taken = places.get(tenantId) ?? 0;
  if (taken >= streamsPerTenantMax) return undefined;
  places.set(tenantId, taken + 1);
  return () => {
    const left = (places.get(tenantId) ?? 1) - 1;
    if (left === 0) places.delete(tenantId);
    else places.set(tenantId, left);
  };
};

/** The log as it grows. Postgres is read for every event; a message of the broker only says that it is worth looking. */
const stream = (deps: Deps, caller: Caller, jobId: string, after: number, gone: AbortSignal): Answer => {
  const { tenantId } = caller;
  const leave = takePlace(deps, tenantId);
  if (!leave) return refuse('rate_limited', 'Too many event streams are open.', { headers: { 'retry-after': '5' } });
  const watch = deps.revocations.watch(caller);
  let version = after;
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
    stream: openEventStream({
      next: async () => {
        const events = await listJobEvents(deps.db, tenantId, jobId, version, eventsAtOnce);
        version = events.at(-1)?.streamversion ?? version;
        return events.map(event => ({ id: String(event.streamversion), event: event.type, data: event }));
      },
      onNews: wake =>
        deps.bus.subscribe(subjects.eventsOfStream(tenantId, 'jobs', jobId), undefined, () => {
          wake();
          return Promise.resolve();
        }),
      pollMs,
      heartbeatMs,
      signals: [deps.stopping, gone, watch.signal],
      onError: error => deps.logger.warn({ err: error, tenantId }, 'an event stream ended early'),
      onEnd: () => {
        watch.stop();
        leave();
      },
    }),
  };
};

export const listJobEventsRoute = defineRoute({
  method: 'get',
  path: '/v1/jobs/{jobId}/events',
  operationId: 'listJobEvents',
  tag: 'jobs',
  summary: "Read or follow a job's log",
  description:
    'A page of CloudEvents; with `Accept: text/event-stream` the log as server-sent events: `id` is the version, `event` the type, `data` the CloudEvent. `Last-Event-ID` resumes after that version.',
  scope: 'read',
  params: jobParams,
  query: z.strictObject({
    after: queryNumber({
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      fallback: 0,
      description: 'Only events after this version.',
    }),
    limit: queryNumber({ min: 1, max: 1000, fallback: 100, description: 'Events of a page at most.' }),
  }),
  headers: z.object({
    accept: z.string().optional(),
    'last-event-id': z
      .string()
      .regex(/^\d{1,15}$/, 'must be a version')
      .optional()
      .describe('Of the event stream only: wins over `after`.'),
  }),
  responses: {
    200: {
      description: 'Events, oldest first.',
      schema: z
        .object({
          items: z.array(cloudEvent),
          nextAfter: z.number().int().describe('The `after` of the next page.'),
          hasMore: z.boolean(),
        })
        .meta({ id: 'EventPage' }),
      alsoAs: ['text/event-stream'],
    },
  },
  problems: ['not_found'],
  handle: async ({ method, caller, params: { jobId }, query, headers, signal }, deps) => {
    if (!(await getJob(deps.db, caller.tenantId, jobId))) return notFound();
    // Not for HEAD: nobody would read the stream, and it would stay open.
    if (method === 'GET' && headers.accept?.toLowerCase().includes('text/event-stream')) {
      return stream(deps, caller, jobId, Number(headers['last-event-id'] ?? query.after), signal());
    }
    const events = await listJobEvents(deps.db, caller.tenantId, jobId, query.after, query.limit + 1);
    const items = events.slice(0, query.limit);
    return {
      status: 200,
      body: { items, nextAfter: items.at(-1)?.streamversion ?? query.after, hasMore: events.length > items.length },
    };
  },
});
