import { z } from 'zod';

const requestsPerSecond = z.number().int().min(1).max(10_000).describe('API requests a second, sustained.');
const requestBurst = z.number().int().min(1).max(10_000).describe('API requests at once.');
const batchesOutstandingMax = z
  .number()
  .int()
  .min(1)
  .max(64)
  .describe('Batches of work in flight at once, over all jobs of the tenant.');

/** What an operator can set for a tenant. */
export const tenantSettings = z.strictObject({
  requestsPerSecond: requestsPerSecond.default(50),
  requestBurst: requestBurst.default(100),
  batchesOutstandingMax: batchesOutstandingMax.default(8),
});
export type TenantSettings = z.infer<typeof tenantSettings>;

/** Some settings anew: without defaults, since what is not named stays as it is. */
export const tenantSettingsChange = z
  .strictObject({ requestsPerSecond, requestBurst, batchesOutstandingMax })
  .partial()
  .refine(change => Object.keys(change).length > 0, 'must change something');
export type TenantSettingsChange = z.infer<typeof tenantSettingsChange>;
