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
});

export const affinityLimitsSchema = z.strictObject({
  perMinute: positive.default(900),
  perMonth: positive.default(100_000),
});

export const attioOptionsSchema = z.strictObject({
  /** Whether a new person's business e-mail domain makes a company where there is none. */
  autoCreateCompanies: z.boolean().default(true),
  /** Free-text domains that make no company, besides the built-in ones such as gmail.com. */
  freeMailDomains: z.array(z.string()).default([]),
  members: z.array(z.strictObject({ email: z.string(), firstName: z.string(), lastName: z.string() })).default([]),
  retryAfterStyle: z.enum(['date', 'seconds']).default('date'),
  dealsEnabled: z.boolean().default(false),
  /** What the token may do; everything when absent. */
  scopes: z.array(z.string()).optional(),
});

export const affinityOptionsSchema = z.strictObject({
  /** The version that a v2 request without a version header gets. */
  apiVersion: z.string().default('2024-01-01'),
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

export const faultInputSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** Starts with `/`: a prefix of the path after the mount. Otherwise a regular expression on it. */
      path: z.string().optional().refine(isPathPattern, 'is neither a path prefix nor a regular expression'),
      /** So many matching requests pass before the first fault. */
      afterRequests: z.number().int().nonnegative().optional(),
    })
    .optional(),
  kind: z.enum(['429', '500', '503', 'slow', 'slow_after', 'reset_before', 'reset_after', 'error_after']),
  /** How often it fires at most; 1 when absent. */
  times: z.number().int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
  retryAfterSeconds: z.number().nonnegative().optional(),
  delayMs: z.number().nonnegative().optional(),
  seed: z.number().int().optional(),
});

export const affinityIdsSchema = z.strictObject({
  persons: z.array(z.number()).optional(),
  organizations: z.array(z.number()).optional(),
  opportunities: z.array(z.number()).optional(),
  listEntries: z.array(z.number()).optional(),
  notes: z.array(z.number()).optional(),
});

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
  if (path === undefined || path.startsWith('/')) return true;
  try {
    new RegExp(path);
    return true;
  } catch {
    return false;
  }
}
