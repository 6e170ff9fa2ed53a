import type { Damages } from './attio/damage/damages.ts';
import type { Counts, Doubles, WorkspaceInfo } from './control/types.ts';
import type { Call, Reply, Routed } from './http/call.ts';
import type { Faults } from './http/faults.ts';
import type { Stats } from './http/stats.ts';

/** One customer's account at one of the two vendors, as the server and the control door see it. */
export interface Workspace {
  readonly info: WorkspaceInfo;
  readonly faults: Faults;
  readonly stats: Stats;
  route(method: string, path: string): Routed;
  /** A refusal in the vendor's own words, for scripted faults. */
  refuse(status: 429 | 500 | 503, call: Call, retryAfterSeconds: number | undefined): Reply;
  /** Takes effect at once, with full buckets. `null` lifts the limits. @throws ZodError for limits of another shape. */
  setLimits(limits: unknown): void;
  /** Stores one seeded row. @throws SeedError when the row cannot be stored. */
  seed(row: unknown): void;
  counts(): Counts;
  /** Only at the target (Attio). */
  doubles?(): Doubles;
  /** Only at the target: what a person does there. @throws SeedError, ZodError. */
  edit?(input: unknown): { readonly id: string };
  /** Only at the target: damage that the API does not tell of. */
  readonly damages?: Damages;
  /** Only at the source (Affinity): takes records away as if somebody had deleted them. Returns how many were there. */
  remove?(ids: unknown): number;
}

/** Why a seeded row or a person's edit was refused; to a row the door adds the line number. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
}

/** Finds whose request this is, or answers it as the vendor answers a stranger. */
export interface Door {
  admit(call: Call): Workspace | Reply;
}

export const isReply = (value: Workspace | Reply): value is Reply => 'status' in value;
