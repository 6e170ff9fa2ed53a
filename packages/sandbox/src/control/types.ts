import { z } from 'zod';

/**
 * What the control door takes and gives. The schemas check what arrives; the types inferred from them are what the
 * typed client offers.
 */

const positive = z.number().positive();

export const attioLimitsSchema = z.strictObject({
  readsPerSecond: positive.default(100),
  readBurst: positive.default(100),
  writesPerSecond: positive.default(25),
  writeBurst: positive.default(25),
  /** Listing notes has a limit of its own, beside that of all reads. */
  noteListsPerSecond: positive.default(10),
});

export const affinityLimitsSchema = z.strictObject({
  perMinute: positive.default(900),
  /** `null`: unlimited, as on the largest plan. */
  perMonth: positive.nullable().default(100_000),
  /** What this calendar month has used up before the first request. */
  usedThisMonth: z.number().int().nonnegative().default(0),
});

export const attioOptionsSchema = z.strictObject({
  /** Whether a new person's business e-mail domain makes a company where there is none. */
  autoCreateCompanies: z.boolean().default(true),
  /** Free-text domains that make no company, besides the built-in ones such as gmail.com. */
  freeMailDomains: z.array(z.string()).default([]),
  members: z
    .array(
      z.strictObject({
        email: z.string(),
        firstName: z.string(),
        lastName: z.string(),
        /** The first member is an admin unless this says otherwise. Suspended ones can still be referred to. */
        accessLevel: z.enum(['admin', 'member', 'suspended']).optional(),
      }),
    )
    .default([]),
  retryAfterStyle: z.enum(['date', 'seconds']).default('date'),
  dealsEnabled: z.boolean().default(false),
  /** What the token may do; everything when absent. */
  scopes: z.array(z.string()).optional(),
  /** So long after its creation a record with a domain or an address gets values from Attio itself; off when absent. */
  enrichment: z.strictObject({ afterMs: z.number().nonnegative().default(0) }).optional(),
  /** What the plan allows; unlimited where absent. Records of all objects count together. */
  quotas: z
    .strictObject({
      objects: z.number().int().nonnegative().optional(),
      records: z.number().int().nonnegative().optional(),
      /** Per object or list, system attributes included. */
      attributes: z.number().int().nonnegative().optional(),
    })
    .default({}),
  /** Whether the plan has list permissions finer than full access for everybody. */
  advancedListPermissions: z.boolean().default(true),
  /** The largest content of a note; larger ones are refused with 413. */
  noteContentMaxBytes: positive.default(1024 * 1024),
});

export const affinityOptionsSchema = z.strictObject({
  /** The version that a v2 request without a version header gets. */
  apiVersion: z.string().default('2024-01-01'),
  /** Export permissions that the key's user lacks; reading in bulk what they gate is then refused with 403. */
  missingPermissions: z.array(z.enum(['export-organizations', 'export-people', 'export-lists'])).default([]),
});

const base = { name: z.string().min(1), token: z.string().min(1).optional() };

export const workspaceInputSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('attio'),
    ...base,
    limits: attioLimitsSchema.nullish(),
    options: attioOptionsSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('affinity'),
    ...base,
    limits: affinityLimitsSchema.nullish(),
    options: affinityOptionsSchema.optional(),
  }),
]);

export const affinityIdsSchema = z.strictObject({
  persons: z.array(z.number()).optional(),
  organizations: z.array(z.number()).optional(),
  opportunities: z.array(z.number()).optional(),
  listEntries: z.array(z.number()).optional(),
  notes: z.array(z.number()).optional(),
  reminders: z.array(z.number()).optional(),
});

export const faultInputSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** Starts with `/`: a prefix of the path after the mount. Otherwise a regular expression on it. */
      path: z.string().optional().refine(isPathPattern, 'is neither a path prefix nor a regular expression'),
      /** A regular expression on the query string, such as `cursor=` for pages after the first. */
      query: z.string().optional().refine(isPattern, 'is no regular expression'),
      /** So many matching requests pass before the first fault. */
      afterRequests: z.number().int().nonnegative().optional(),
      /** Only each so-manieth matching request, counted from the first. */
      every: z.number().int().positive().optional(),
    })
    .optional(),
  kind: z.enum([
    '429',
    '500',
    '503',
    'slow',
    'slow_after',
    'reset_before',
    'reset_after',
    'error_after',
    'empty_page',
    'vanish',
  ]),
  /** Of `vanish`: what is deleted just before the request is carried out. */
  ids: affinityIdsSchema.optional(),
  /** How often it fires at most; 1 when absent. */
  times: z.number().int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
  retryAfterSeconds: z.number().nonnegative().optional(),
  delayMs: z.number().nonnegative().optional(),
  seed: z.number().int().optional(),
});

export const damageKinds = [
  'lose_record',
  'double_record',
  'truncate_text',
  'mangle_text',
  'lose_line',
  'swap_values',
  're_date',
  'nudge_number',
  'unlink',
  'relink',
  'drop_one_of_several',
  'clear_value',
  'change_choice',
  'flip_checkbox',
  'move_entry',
] as const;

/** Damage that no answer of the API tells of: the stored thing is not what was written. */
export const damageInputSchema = z.strictObject({
  kind: z.enum(damageKinds),
  /** *now*: on what is stored · *on_write*: on what the next writes store, after they were answered as if all were well. */
  when: z.enum(['now', 'on_write']).default('now'),
  /** The slug of an object, `entries`, `notes` or `tasks`; anything that the kind can strike when absent. */
  object: z.string().optional(),
  /** Of entries: the slug of their list. */
  list: z.string().optional(),
  /** The slug of an attribute, or a key of a note or task. */
  field: z.string().optional(),
  exceptFields: z.array(z.string()).default([]),
  /** How many; fewer when there are no more that can be struck. */
  times: z.number().int().positive().default(1),
  /** Of `on_write`: so many writes that could be struck are spared first. */
  afterWrites: z.number().int().nonnegative().default(0),
  /** Of `on_write`: how often a write that could be struck is. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.number().int().default(1),
  /** Also what did not come through the API: seeded rows, people's edits, companies that made themselves. */
  everything: z.boolean().default(false),
});

const editedValues = z.record(z.string(), z.unknown());
const member = {
  /** Address of the member who does it; the first one when absent. */
  member: z.string().optional(),
};

/** What a person does in Attio's own windows while a migration runs or after it. */
export const attioEditSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create_record'), object: z.string(), values: editedValues, ...member }),
  z.strictObject({
    kind: z.literal('update_record'),
    object: z.string(),
    recordId: z.string(),
    values: editedValues,
    ...member,
  }),
  z.strictObject({
    kind: z.literal('update_entry'),
    list: z.string(),
    entryId: z.string(),
    values: editedValues,
    ...member,
  }),
  z.strictObject({
    kind: z.literal('update_note'),
    noteId: z.string(),
    title: z.string().optional(),
    content: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('update_task'), taskId: z.string(), isCompleted: z.boolean() }),
  /** Makes a third record of the two, which are then gone. */
  z.strictObject({
    kind: z.literal('merge_records'),
    object: z.string(),
    primaryId: z.string(),
    secondaryId: z.string(),
    ...member,
  }),
  z.strictObject({ kind: z.literal('delete_record'), object: z.string(), recordId: z.string() }),
  z.strictObject({ kind: z.literal('delete_entry'), list: z.string(), entryId: z.string() }),
  z.strictObject({ kind: z.literal('delete_note'), noteId: z.string() }),
  z.strictObject({ kind: z.literal('delete_task'), taskId: z.string() }),
  z.strictObject({ kind: z.literal('archive_attribute'), target: z.string(), attribute: z.string() }),
]);

export type AttioEdit = z.input<typeof attioEditSchema>;
export type DamageKind = (typeof damageKinds)[number];
export type DamageInput = z.input<typeof damageInputSchema>;
export type ParsedDamageInput = z.infer<typeof damageInputSchema>;

/** Something in a workspace: a record, an entry, a note or a task, or one field of it. */
export interface DamagedThing {
  /** The slug of an object, `entries`, `notes` or `tasks`. */
  readonly object: string;
  /** Of entries. */
  readonly list: string | null;
  readonly id: string;
  /** `null`: the whole of it. */
  readonly field: string | null;
}

/** Exactly what was damaged. */
export interface Damage {
  /** Counts the damages of a workspace, from 1. */
  readonly id: number;
  readonly kind: DamageKind;
  readonly when: 'now' | 'on_write';
  readonly object: string;
  readonly list: string | null;
  /** The struck one first; then the other of a swap, the double, or the entry on the other list. */
  readonly ids: readonly string[];
  readonly field: string | null;
  /** The field's values as the API showed them, and shows them now. Of a swap: those of the first one. */
  readonly before: unknown;
  readonly after: unknown;
  /** What went or changed with it: entries, notes, references to a lost record. The derived side of a two-way reference is not named. */
  readonly alsoChanged: readonly DamagedThing[];
  /** False as soon as a later write has put something else in its place. */
  readonly stands: boolean;
}

export interface DamageReport {
  readonly damages: readonly Damage[];
  /** What still waits for writes. */
  readonly armed: readonly { readonly input: ParsedDamageInput; readonly left: number }[];
}

export type AttioLimits = z.infer<typeof attioLimitsSchema>;
export type AffinityLimits = z.infer<typeof affinityLimitsSchema>;
export type AttioOptions = z.infer<typeof attioOptionsSchema>;
export type AffinityOptions = z.infer<typeof affinityOptionsSchema>;
/** What a caller sends: everything with a default may be left out. `limits: null` lifts the limits. */
export type WorkspaceInput = z.input<typeof workspaceInputSchema>;
export type ParsedWorkspaceInput = z.infer<typeof workspaceInputSchema>;
export type LimitsInput = z.input<typeof attioLimitsSchema> | z.input<typeof affinityLimitsSchema> | null;
export type FaultInput = z.infer<typeof faultInputSchema>;
export type AffinityIds = z.infer<typeof affinityIdsSchema>;

export interface WorkspaceInfo {
  readonly id: string;
  readonly kind: 'affinity' | 'attio';
  readonly name: string;
  readonly token: string;
}

export interface FaultReport {
  readonly id: number;
  readonly fault: FaultInput;
  /** Matching requests so far. */
  readonly seen: number;
  readonly fired: number;
}

export interface SandboxStats {
  readonly requests: number;
  /** Requests that the rate limit refused (429s made by faults are not among them). */
  readonly limited: number;
  /** Writes that passed the rate limit and were carried out, refused ones among them; when the first and the last were. */
  readonly writes: { readonly count: number; readonly firstAtMs: number | null; readonly lastAtMs: number | null };
  /** Writes carried out in the busiest window of one second, sliding. */
  readonly mostWritesInOneSecond: number;
  /** Write requests that arrived in the busiest window of one second, refused ones included. */
  readonly mostWriteRequestsInOneSecond: number;
  readonly mostReadRequestsInOneSecond: number;
  /** `outcome` is the status, or the fault's name where no reply was sent (`reset_before`, `reset_after`). */
  readonly byRoute: readonly {
    readonly method: string;
    readonly route: string;
    readonly outcome: string;
    readonly count: number;
  }[];
  /** The last 100 `traceparent` headers, oldest first. */
  readonly traceparents: readonly string[];
}

export type Counts = Readonly<Record<string, number>>;

/** Groups of record ids that share a value which should be theirs alone, per object. */
export type Doubles = { readonly companies: string[][]; readonly people: string[][] } & Readonly<
  Record<string, string[][]>
>;

function isPathPattern(path: string | undefined): boolean {
  return path?.startsWith('/') === true || isPattern(path);
}

function isPattern(text: string | undefined): boolean {
  if (text === undefined) return true;
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
