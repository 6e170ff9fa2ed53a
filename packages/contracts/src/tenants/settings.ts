import { z } from 'zod';

/** What an operator can set for a tenant. */
export const tenantSettings = z.strictObject({
  requestsPerSecond: z.number().int().min(1).max(10_000).default(50).describe('API requests a second, sustained.'),
  requestBurst: z.number().int().min(1).max(10_000).default(100).describe('API requests at once.'),
  batchesOutstandingMax: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('Batches of work in flight at once, over all jobs of the tenant.'),
});
export type TenantSettings = z.infer<typeof tenantSettings>;
