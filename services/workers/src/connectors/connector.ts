import type {
  ConnectionTest,
  ExistingPolicy,
  ObjectName,
  SchemaChange,
  SourceSchema,
  TargetSchema,
  ValueType,
} from '@freight/contracts';
import type { TargetValue } from '@freight/mapping';
import type { OpportunityRecord, OrganizationRecord, PersonRecord, RecordOf } from '../records/model.ts';

/** `write` calls change something at the vendor; vendors count the two classes apart. */
export type CallClass = 'read' | 'write';

/** What a connector is given to talk through. Limits, pauses, traces and deadlines are the platform's business, not a connector's. */
export interface CrmAccess {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** How long one call may take, milliseconds; the client's own default when not given. */
  readonly callTimeoutMs?: number;
  /** Takes one call out of the account's budget, waiting for it if need be. @throws FreightError when the wait would be too long. */
  acquire(callClass: CallClass, signal: AbortSignal): Promise<void>;
  /** The vendor said "wait": nobody calls this account until then. */
  pauseAccount(ms: number): Promise<void>;
  /** Told of each call that was sent: its class, the reply's status (0: none came), and how long it took in seconds. */
  onCall?(callClass: CallClass, status: number, seconds: number): void;
}

export interface SourcePage<O extends ObjectName> {
  readonly records: readonly RecordOf[O][];
  /** Where the next page starts; null at the end. Opaque, and may stop working after a while. */
  readonly nextCursor: string | null;
}

/** The system that records come from. */
export interface Source {
  /** Checks credentials and rights; never throws for a refusal, which is a verdict. */
  check(signal: AbortSignal): Promise<ConnectionTest>;
  /** What the account holds, as far as it can be told without reading records. @throws CrmError */
  readSchema(signal: AbortSignal): Promise<SourceSchema>;
  /** One page of an object in the vendor's order; null starts over. @throws CrmError `cursor_expired` when the cursor is no longer taken. */
  readPage<O extends ObjectName>(object: O, cursor: string | null, signal: AbortSignal): Promise<SourcePage<O>>;
}

/** A record that the target holds. */
export interface TargetRecord {
  readonly id: string;
  /** Freight's markers on it: the source ids it stands for, the first written one first. Empty on records that Freight never touched. */
  readonly sourceIds: readonly string[];
  /** The values that only one record may hold (domains, addresses), normalised. */
  readonly keys: readonly string[];
  /** The vendor's values, as the connector needs them to work out changes. Opaque to everybody else. */
  readonly values: unknown;
}

/** What records are looked for by: any of these will do. */
export interface Wanted {
  readonly sourceIds: readonly string[];
  readonly keys: readonly string[];
  /**
   * Also looks for `sourceIds` behind the first marker, among the merged ones. Slow at vendors (no index helps), so only where a group may have
   * changed since it was written: retries, deltas, verification.
   */
  readonly mergedToo?: boolean;
}

/** A record that was made or changed. */
export interface Written {
  readonly id: string;
  /** Keys that the target found malformed: kept as text on the record. */
  readonly refusedKeys: readonly string[];
}

/** The values of an attribute that the mapping names, converted to what it holds. */
export interface OutgoingValues {
  readonly slug: string;
  readonly type: ValueType;
  readonly isMultiple: boolean;
  /** At least one; one where the attribute holds no more. */
  readonly values: readonly TargetValue[];
}

/** What is to stand in the target: one record, made of one or several source records. */
interface OutgoingParts {
  /** The other source ids that share the target record. */
  readonly mergedIds: readonly string[];
  /** Keys that another target record has a better right to: kept as text, not as keys. */
  readonly withheldKeys: readonly string[];
  readonly values: readonly OutgoingValues[];
}
export interface OutgoingOrganization extends OutgoingParts {
  readonly object: 'organizations';
  /** Of the group's smallest source id; also the marker. */
  readonly record: OrganizationRecord;
}
export interface OutgoingPerson extends OutgoingParts {
  readonly object: 'persons';
  readonly record: PersonRecord;
  /** Target ids of the companies, primary first. */
  readonly companyIds: readonly string[];
}
export interface OutgoingOpportunity extends OutgoingParts {
  readonly object: 'opportunities';
  readonly record: OpportunityRecord;
  /** Target ids of the companies, primary first. */
  readonly companyIds: readonly string[];
  /** Target ids of the persons. */
  readonly personIds: readonly string[];
  /** Members who own it, the main one first; none only where it is in the target already. */
  readonly ownerIds: readonly string[];
}
export type Outgoing = OutgoingOrganization | OutgoingPerson | OutgoingOpportunity;

/** A change of an existing record that is worth a call. Opaque to everybody but the connector that made it. */
export interface TargetChange {
  readonly recordId: string;
  readonly values: unknown;
}

/** The system that records go to. All writes are one record a call. */
export interface Target {
  /** The account that the vendor's limits apply to, the same for every connection that leads to it. */
  readAccount(signal: AbortSignal): Promise<string>;
  check(signal: AbortSignal): Promise<ConnectionTest>;
  /** What the account holds and what can be added to it. @throws CrmError */
  readSchema(signal: AbortSignal): Promise<TargetSchema>;
  /**
   * Makes the attributes that Freight itself needs, and what a mapping adds. Safe to repeat and to run twice at once.
   * @throws CrmError `rejected` when something of that name is there and of another kind.
   */
  prepare(objects: readonly ObjectName[], changes: readonly SchemaChange[], signal: AbortSignal): Promise<void>;
  /** All records that bear one of the markers or hold one of the keys, each once, in as few calls as possible. */
  find(object: ObjectName, wanted: Wanted, signal: AbortSignal): Promise<readonly TargetRecord[]>;
  /**
   * Makes a record, and never touches one that is there. With a key of its own it may be repeated after a lost reply: the key keeps a second one
   * out, and the marker tells that the first one is ours, whose id is then the answer. Without a key it must not be repeated before a look for
   * the marker. Keys that the target finds malformed are kept as text instead.
   * @throws CrmError: `rejected` (this record can't be), `conflict` (a unique value sits on a record that is not this one), `outcome_unknown`
   * (may have happened).
   */
  create(outgoing: Outgoing, signal: AbortSignal): Promise<Written>;
  /** The change that makes `existing` hold what the policy wants of `outgoing`; null when nothing is to be done. Pure. */
  change(outgoing: Outgoing, existing: TargetRecord, policy: ExistingPolicy): TargetChange | null;
  /** Carries out a change. Safe to repeat. @throws CrmError as `create` does, and `not_found` when the record is gone. */
  update(object: ObjectName, change: TargetChange, signal: AbortSignal): Promise<Written>;
  /** Removes a surplus record that Freight itself made; one that is gone already is fine. */
  remove(object: ObjectName, recordId: string, signal: AbortSignal): Promise<void>;
}
