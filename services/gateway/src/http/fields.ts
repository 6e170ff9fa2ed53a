import { z } from 'zod';

/** A whole number in a query, in decimal digits. */
export const queryNumber = (options: {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
  readonly description: string;
}) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(options.min).max(options.max))
    .prefault(String(options.fallback))
    .meta({
      override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
        Object.assign(jsonSchema, {
          type: 'integer',
          minimum: options.min,
          maximum: options.max,
          default: options.fallback,
          description: options.description,
        });
      },
    });

/** The query of every list. */
export const pageQuery = (limitMax = 200) => ({
  limit: queryNumber({ min: 1, max: limitMax, fallback: 50, description: 'Entries of a page at most.' }),
  cursor: z
    .string()
    .max(2000)
    .optional()
    .describe('Where to go on: `nextCursor` of the page before, with the same filters.'),
});

/** A page of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('The next page; null: this is the last one.'),
  });

/** The headers of every operation that sends a command. */
export const commandHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .describe('Names the request: sent again with the same key, it gets the same answer and nothing happens twice.'),
  prefer: z.string().max(500).optional().describe('`respond-async`: answer 202 at once, the reply is read later.'),
});
export type CommandHeaders = z.output<typeof commandHeaders>;

/** The headers of an operation that changes what the client may have read before. */
export const changeHeaders = commandHeaders.extend({
  'if-match': z
    .string()
    .regex(/^(?:"\d{1,15}"|\*)$/, 'must be one ETag as it was read, or *')
    .optional()
    .describe(
      'The `ETag` that was read: if it has changed since, nothing is done and the answer is 412 `version_mismatch`.',
    ),
});

/** The version that a change is to meet; nothing where any will do. */
export const ifVersion = (headers: z.output<typeof changeHeaders>): { readonly ifVersion?: number } => {
  const tag = headers['if-match'];
  return tag === undefined || tag === '*' ? {} : { ifVersion: Number(tag.slice(1, -1)) };
};

/** A strong one: the same version is the same bytes. */
export const etagOf = (view: { readonly version?: unknown }): { readonly etag?: string } =>
  typeof view.version === 'number' ? { etag: `"${view.version}"` } : {};
