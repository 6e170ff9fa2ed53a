import { z } from 'zod';
import { uuid } from '../ids.ts';

/**
 * How many changes that may have ended or limited a key were committed: revocations, rotations, suspensions and activations, over all
 * tenants. Each takes the next number in the order of the commits, so that who knows of fewer has missed one.
 */
const position = z.number().int().min(0);

/** Said right after the commit of such a change: what is remembered of the tenant's keys is to be asked anew. */
export const revocationNotice = z.object({ tenantId: uuid, position });
export type RevocationNotice = z.infer<typeof revocationNotice>;

/** Said several times a second. */
export const revocationHeartbeat = z.object({
  position,
  /** The moment of the reading on the database's clock, milliseconds: everything that was committed before it is counted. */
  at: z.number(),
});
export type RevocationHeartbeat = z.infer<typeof revocationHeartbeat>;
