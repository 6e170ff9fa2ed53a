import type { AffinityRow, AttioEdit, AttioRow, FaultInput } from '@freight/sandbox';

/** A kind of thing at the source that a case can be about. */
export type SubjectKind =
  | 'users'
  | 'organizations'
  | 'persons'
  | 'opportunities'
  | 'lists'
  | 'fields'
  | 'listEntries'
  | 'notes'
  | 'reminders'
  | 'files';

/** Something that real CRMs hold and migrations stumble over. */
export interface EdgeCase {
  /** Stable: reports, tests and the documentation speak of the case by it. */
  readonly name: string;
  /** What is special, in one line. */
  readonly says: string;
  /** The records at the source that it is about, by kind and Affinity's id. Empty where the case is about the way, not about a record. */
  readonly about: readonly (readonly [kind: SubjectKind, id: number])[];
  /** Its own rows at the source; what they refer to is in the ground that all cases share. */
  readonly affinity?: readonly AffinityRow[];
  /** What stands in the target beforehand. */
  readonly attio?: readonly AttioRow[];
  /** What a person did in the target beforehand, after its rows were put in. */
  readonly edits?: readonly AttioEdit[];
  readonly faults?: readonly { readonly at: 'affinity' | 'attio'; readonly fault: FaultInput }[];
}
