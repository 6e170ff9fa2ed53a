import { z } from 'zod';
import { uuid } from '../ids.ts';
import { jobLanes } from '../work.ts';

/** The kinds of records that a job moves, in the order in which they are loaded. */
export const objects = ['organizations', 'persons', 'opportunities'] as const;
export const objectName = z.enum(objects);
export type ObjectName = z.infer<typeof objectName>;

/** The systems that a connection can lead to. */
export const systems = ['affinity', 'attio'] as const;
export const systemName = z.enum(systems);
export type SystemName = z.infer<typeof systemName>;

/**
 * When two source records are the same one. `key_and_name`: they share a key (a domain, an address) and a present or former name.
 * `key`: a shared key is enough. `never`: no two are. The default is the careful one: a bought company's website often leads to
 * the buyer, and one mailbox may serve two people; a wrong merge cannot be seen in the target, a double can.
 */
export const samePolicy = z.enum(['key_and_name', 'key', 'never']);
export type SamePolicy = z.infer<typeof samePolicy>;

/** What happens when the target already holds the record. */
export const existingPolicy = z.enum(['match_and_fill_empty', 'match_and_keep', 'match_and_overwrite', 'create_only']);
export type ExistingPolicy = z.infer<typeof existingPolicy>;

export const objectPolicy = z.strictObject({
  same: samePolicy.default('key_and_name').describe('When two source records count as the same one.'),
  existing: existingPolicy
    .default('match_and_fill_empty')
    .describe('What happens when the target already holds the record.'),
});
export type ObjectPolicy = z.infer<typeof objectPolicy>;

/** A new one each time: a default is handed out as it is, and who changed it would change it for everybody. */
const defaultPolicy = (): ObjectPolicy => ({ same: 'key_and_name', existing: 'match_and_fill_empty' });

/** The agreement of a job: what moves from where to where, and by which rules. */
export const jobConfig = z.strictObject({
  objects: z
    .array(objectName)
    .min(1)
    .refine(list => new Set(list).size === list.length, 'must not name an object twice')
    .default([...objects])
    .describe('The objects to move.'),
  policies: z
    .strictObject({
      organizations: objectPolicy.default(defaultPolicy),
      persons: objectPolicy.default(defaultPolicy),
      opportunities: objectPolicy.default(defaultPolicy),
    })
    .default(() => ({
      organizations: defaultPolicy(),
      persons: defaultPolicy(),
      opportunities: defaultPolicy(),
    }))
    .describe('The rules of each object.'),
  lane: z.enum(jobLanes).default('default').describe("The work queue that carries the job; `own`: its tenant's."),
});
export type JobConfig = z.infer<typeof jobConfig>;

/** As it is asked for: a lane that is not named is the one of the tenant's settings. */
const jobConfigBody = jobConfig.extend({
  lane: z
    .enum(jobLanes)
    .optional()
    .describe(
      "The work queue that carries the job; that of the tenant's settings by default. `own`: where the tenant has one.",
    ),
});

export const createJobBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200).describe('A name that people recognise.'),
    source: z.strictObject({ connectionId: uuid }),
    target: z.strictObject({ connectionId: uuid }),
    config: jobConfigBody.default(() => jobConfigBody.parse({})),
  })
  .meta({ id: 'CreateJob' });
export type CreateJobBody = z.infer<typeof createJobBody>;
