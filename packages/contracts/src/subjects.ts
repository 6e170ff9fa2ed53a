import type { Lane } from './work.ts';

/** The names of the JetStream streams. */
export const streams = {
  commands: 'FREIGHT_COMMANDS',
  work: 'FREIGHT_WORK',
  events: 'FREIGHT_EVENTS',
  dead: 'FREIGHT_DEAD',
} as const;

export type StreamName = (typeof streams)[keyof typeof streams];

/** The names of the durable consumers. */
export const durables = {
  commands: (service: CommandService) => `commands-${service}`,
  work: (lane: Lane) => `work-${lane}`,
  subscription: (subscriptionId: string) => `sub-${subscriptionId}`,
} as const;

/** The services that take commands. */
export type CommandService = 'tenants' | 'jobs' | 'workers';

/**
 * Every NATS subject of Freight. Nothing else builds one.
 * The tenant is the third token wherever rights may be given by tenant; work has the lane first, since workers subscribe by lane.
 */
export const subjects = {
  command: (tenantId: string, service: CommandService, command: string) =>
    `freight.cmd.${tenantId}.${service}.${command}`,
  commandsOf: (service: CommandService) => `freight.cmd.*.${service}.>`,
  allCommands: 'freight.cmd.>',

  event: (tenantId: string, aggregate: string, id: string, event: string) =>
    `freight.evt.${tenantId}.${aggregate}.${id}.${event}`,
  eventsOfStream: (tenantId: string, aggregate: string, id: string) => `freight.evt.${tenantId}.${aggregate}.${id}.>`,
  eventsOfAggregate: (tenantId: string, aggregate: string) => `freight.evt.${tenantId}.${aggregate}.>`,
  eventsOfTenant: (tenantId: string) => `freight.evt.${tenantId}.>`,
  allEvents: 'freight.evt.>',

  work: (lane: Lane, tenantId: string, kind: string) => `freight.work.${lane}.${tenantId}.${kind}`,
  workOfLane: (lane: Lane) => `freight.work.${lane}.>`,
  allWork: 'freight.work.>',

  result: (tenantId: string, jobId: string) => `freight.result.${tenantId}.${jobId}`,
  allResults: 'freight.result.>',

  revoked: (tenantId: string) => `freight.revoked.${tenantId}`,
  allRevoked: 'freight.revoked.*',
  revocationHeartbeat: 'freight.heartbeat.revocations',

  /** All that the streams hold of a tenant. */
  ofTenant: (tenantId: string): Readonly<Record<StreamName, string>> => ({
    [streams.commands]: `freight.cmd.${tenantId}.>`,
    [streams.work]: `freight.work.*.${tenantId}.>`,
    [streams.events]: `freight.evt.${tenantId}.>`,
    [streams.dead]: `freight.dead.${tenantId}.>`,
  }),

  dead: (tenantId: string, stream: string) => `freight.dead.${tenantId}.${stream}`,
  allDead: 'freight.dead.>',
} as const;

/** Keys in Redis: `freight:{tenant}:{resource}:{identifier}`. The tenant `shared` holds what several tenants may share, never data. */
export const redisKeys = {
  lease: (tenantId: string, jobId: string, batchId: string) => `freight:${tenantId}:locks:${jobId}:${batchId}`,
  requestRate: (tenantId: string) => `freight:${tenantId}:ratelimit:requests`,
  accountRate: (account: string, callClass: string) => `freight:shared:ratelimit:${account}:${callClass}`,
  accountPause: (account: string) => `freight:shared:pause:${account}`,
  ofTenant: (tenantId: string) => `freight:${tenantId}:*`,
  activeJobs: (tenantId: string) => `freight:${tenantId}:jobs:active`,
} as const;
