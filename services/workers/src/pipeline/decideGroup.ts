import type { ExistingPolicy, Outcome } from '@freight/contracts';
import type { Target, TargetChange, TargetRecord } from '../connectors/connector.ts';
import type { Group, Refusal } from './groups.ts';
import type { LedgerEntry } from './ledger.ts';

/** What is to be done for a group. */
export type Step =
  /** Nothing is sent: what stands in the target is what is wanted, or a policy says so. */
  | { readonly kind: 'settled'; readonly result: GroupResult }
  | { readonly kind: 'create'; readonly lookAgain: boolean }
  | { readonly kind: 'update'; readonly change: TargetChange; readonly result: GroupResult };

/** What became of a group's leading record; the others are merged into it. */
export interface GroupResult {
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** The target's own words; sealed before it is stored. */
  readonly message: string | null;
  readonly targetId: string | null;
  /** For `merged`: whose target record it shares. */
  readonly mergedInto: string | null;
  readonly lookAgain: boolean;
}

export const resultOf = (outcome: Outcome, parts: Partial<GroupResult> = {}): GroupResult => ({
  outcome,
  reason: null,
  message: null,
  targetId: null,
  mergedInto: null,
  lookAgain: false,
  ...parts,
});

export interface DecideOptions {
  readonly change: Target['change'];
  readonly policy: ExistingPolicy;
  /** The records that bear one of the group's markers or keys. */
  readonly found: readonly TargetRecord[];
  readonly entry: LedgerEntry | undefined;
  /** Whether a source id is one that this job has loaded on its own: its record is then shared, not somebody else's. */
  readonly isOurs: (sourceId: string) => boolean;
  /** The other source record that holds a target record by the ledger, where there is one. */
  readonly heldBy: (recordId: string) => string | undefined;
}

const settled = (result: GroupResult): Step => ({ kind: 'settled', result });

const refused = ({ outcome, reason, message }: Refusal): Step => settled(resultOf(outcome, { reason, message }));

const bringUpToDate = (
  group: Group,
  existing: TargetRecord,
  result: GroupResult,
  { change, policy }: DecideOptions,
): Step => {
  const made = change(group.outgoing, existing, policy);
  if (made) return { kind: 'update', change: made, result };
  return settled(result);
};

/**
 * Decides what to do for one group, from the ledger and from what was found in the target. Pure. The ledger decides who made a record; the
 * target's text only tells where it is.
 */
export const decideGroup = (group: Group, options: DecideOptions): Step => {
  const { found, entry } = options;
  const { refusal } = group;
  if (refusal?.outcome === 'skipped') return refused(refusal);
  // What was written is not written again. Everything else is decided anew: what stands in the target leads to the same, with its reason.
  const isWritten = entry?.state === 'done' && (entry.outcome === 'created' || entry.outcome === 'updated');
  if (isWritten && entry.targetId !== null) {
    return settled(resultOf(entry.outcome, { targetId: entry.targetId }));
  }
  const first = found.find(record => record.sourceIds[0] === group.leader);
  if (first) {
    const parts = { targetId: first.id };
    // A former holder of this batch, or this one before a reply was lost, had meant to write it: that write took effect, perhaps twice.
    if (entry?.outcome === 'created') return settled(resultOf('created', { ...parts, lookAgain: true }));
    const holder = options.heldBy(first.id);
    if (holder !== undefined) return share(group, first, holder, options);
    if (entry?.outcome === 'updated') return bringUpToDate(group, first, resultOf('updated', parts), options);
    return matchExisting(group, first, parts, options);
  }
  const [candidate, ...rivals] = found;
  if (!candidate) {
    // Meant to be created before, and not there: that call may still be on its way, and would then make a second one.
    if (refusal) return refused(refusal);
    return { kind: 'create', lookAgain: entry?.state === 'intended' && entry.outcome === 'created' };
  }
  if (rivals.length > 0) {
    const message = `It matches ${found.length} records of the target: ${found.map(record => record.id).join(', ')}`;
    return settled(resultOf('failed', { reason: 'ambiguous_match', message }));
  }
  const marked = candidate.sourceIds[0];
  // A holder whose write is still on its way has left no marker yet, and who shares the record may have left his before.
  const holder = options.heldBy(candidate.id) ?? (marked !== undefined && options.isOurs(marked) ? marked : undefined);
  if (holder !== undefined) {
    return share(group, candidate, holder, options);
  }
  return matchExisting(group, candidate, { targetId: candidate.id }, options);
};

/** Another source record's values stand there: this one only adds. */
const share = (group: Group, record: TargetRecord, holder: string, options: DecideOptions): Step =>
  bringUpToDate(group, record, resultOf('merged', { targetId: record.id, mergedInto: holder }), {
    ...options,
    policy: options.policy === 'match_and_overwrite' ? 'match_and_fill_empty' : options.policy,
  });

/** The target held the record before: the policy of the object says what to do. */
const matchExisting = (
  group: Group,
  existing: TargetRecord,
  parts: Partial<GroupResult>,
  options: DecideOptions,
): Step => {
  if (options.policy === 'create_only') {
    return settled(resultOf('skipped', { ...parts, reason: 'exists_in_target' }));
  }
  const made = options.change(group.outgoing, existing, options.policy);
  if (!made) return settled(resultOf('unchanged', parts));
  return { kind: 'update', change: made, result: resultOf('updated', parts) };
};
