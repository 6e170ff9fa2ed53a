import { z } from 'zod';
import { jobLanes } from '../work.ts';

const requestsPerSecond = z.number().int().min(1).max(10_000).describe('API requests a second, sustained.');
const requestBurst = z.number().int().min(1).max(10_000).describe('API requests at once.');
const batchesOutstandingMax = z
  .number()
  .int()
  .min(1)
  .max(64)
  .describe('Batches of work in flight at once, over all jobs of the tenant.');
const jobsRunningMax = z
  .number()
  .int()
  .min(1)
  .max(1000)
  .describe('Jobs that run at once; another one is refused until one of them has ended or is paused.');
const storedBytesMax = z
  .number()
  .int()
  .min(1)
  .max(2 ** 50)
  .describe(
    'Bytes of source records that wait to be loaded or are still kept; at the limit, jobs that read pause themselves.',
  );

const lane = z
  .enum(jobLanes)
  .describe(
    'The work queue of jobs that name none. `own`: the tenant has one of its own, which jobs may name from then on.',
  );
const retentionDays = z
  .number()
  .int()
  .min(1)
  .max(3650)
  .nullable()
  .describe('How long what nobody needs any more is kept; null: as long as the deployment says.');

/** An address alone, or a block of addresses. */
const addressBlock = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address or block, such as 192.0.2.0/24')
  .refine(text => !/^::ffff:/i.test(text), 'must be written as the IPv4 address that it is');
const ipAllowList = z
  .array(addressBlock)
  .max(200)
  .describe('Addresses that the keys work from; none: from everywhere.');

/** What an operator can set for a tenant. What was stored by another version is read all the same: defaults, and nothing it knows more. */
export const tenantSettings = z.object({
  requestsPerSecond: requestsPerSecond.default(50),
  requestBurst: requestBurst.default(100),
  batchesOutstandingMax: batchesOutstandingMax.default(8),
  jobsRunningMax: jobsRunningMax.default(10),
  storedBytesMax: storedBytesMax.default(10 * 2 ** 30),
  lane: lane.default('default'),
  retentionDays: retentionDays.default(null),
  ipAllowList: ipAllowList.default(() => []),
});
export type TenantSettings = z.infer<typeof tenantSettings>;

/** The settings of a tenant that is made: what is not known is refused. */
export const tenantSettingsBody = tenantSettings.strict();

/** Some settings anew: without defaults, since what is not named stays as it is. */
export const tenantSettingsChange = z
  .strictObject({
    requestsPerSecond,
    requestBurst,
    batchesOutstandingMax,
    jobsRunningMax,
    storedBytesMax,
    lane,
    retentionDays,
    ipAllowList,
  })
  .partial()
  .refine(change => Object.keys(change).length > 0, 'must change something');
export type TenantSettingsChange = z.infer<typeof tenantSettingsChange>;
