import { z } from 'zod';
import { uuid } from './ids.ts';

/** The answer to a command that has no reply yet: it is recorded and will be carried out. */
export const commandAccepted = z
  .object({
    commandId: uuid,
    secret: z
      .string()
      .optional()
      .describe('The key that the command makes, where it makes one: shown this once, valid when the command is done.'),
  })
  .meta({ id: 'CommandAccepted' });
export type CommandAccepted = z.infer<typeof commandAccepted>;

/** A command as its sender can read it later. */
export const commandView = z
  .object({
    id: uuid,
    type: z.string(),
    state: z.enum(['pending', 'done']),
    /** What the request would have been answered with, had it waited. */
    reply: z.object({ status: z.number().int(), body: z.record(z.string(), z.unknown()) }).nullable(),
    createdAt: z.iso.datetime(),
    repliedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Command' });
export type CommandView = z.infer<typeof commandView>;
