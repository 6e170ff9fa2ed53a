import { z } from 'zod';
import { uuid } from '../ids.ts';

export const eraseTenantBody = z
  .strictObject({
    slug: z.string().max(50).describe("The tenant's slug once more, so that nobody erases another by mistake."),
  })
  .meta({ id: 'EraseTenant' });

/** The answer to the wish: what it names can be followed at the tenant itself. */
export const erasureView = z
  .object({ tenantId: uuid, status: z.enum(['erasing', 'erased']), requestedAt: z.iso.datetime() })
  .meta({ id: 'Erasure' });
export type ErasureView = z.infer<typeof erasureView>;

/** What a certificate says. No personal data: ids, counts and times. */
export const erasureFacts = z.object({
  type: z.literal('freight.erasure'),
  tenantId: uuid,
  /** The operator's key that asked, by id. */
  requestedBy: z.string(),
  requestedAt: z.iso.datetime(),
  erasedAt: z.iso.datetime(),
  /** The keys that were destroyed. What they sealed, in a backup or elsewhere, opens no more. */
  keys: z.object({
    destroyedAt: z.iso.datetime(),
    names: z.array(z.object({ version: z.number().int(), id: z.string() })),
  }),
  /** Rows by table, messages by stream, keys in Redis. */
  removed: z.object({
    rows: z.record(z.string(), z.number().int()),
    messages: z.record(z.string(), z.number().int()),
    redisKeys: z.number().int(),
  }),
});
export type ErasureFacts = z.infer<typeof erasureFacts>;

export const erasureCertificate = z
  .object({
    content: erasureFacts,
    signature: z.object({ algorithm: z.literal('EdDSA'), keyId: z.string(), value: z.string() }),
  })
  .meta({ id: 'ErasureCertificate' });
export type ErasureCertificate = z.infer<typeof erasureCertificate>;
