/**
 * What an Attio workspace is made of, in the compact form in which it is kept.
 *
 * *table*: the records of one object, or the entries of one list · *attribute*: a column of a table · *slot*: the place of
 * an attribute's cell in a record · *cell*: the current value of a single attribute, or the array of values of a
 * multi-value one · *value*: one element in the type's stored form (see `values/`), far smaller than what Attio shows.
 */

export type AttributeType =
  | 'text'
  | 'number'
  | 'checkbox'
  | 'currency'
  | 'date'
  | 'timestamp'
  | 'rating'
  | 'status'
  | 'select'
  | 'record-reference'
  | 'actor-reference'
  | 'location'
  | 'domain'
  | 'email-address'
  | 'phone-number'
  | 'personal-name'
  | 'interaction';

export interface Option {
  readonly id: string;
  title: string;
  isArchived: boolean;
  celebrationEnabled: boolean;
  targetTimeInStatus: string | null;
}

export interface Member {
  readonly id: string;
  readonly accessLevel: 'admin' | 'member' | 'suspended';
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly createdAtMs: number;
}

/** An address as it was typed; kept apart only where that differs from the lower-case form. */
export type Email = string | { readonly original: string; readonly address: string };
export interface Phone {
  readonly original: string;
  readonly e164: string;
  readonly countryCode: string | null;
}
export interface PersonName {
  readonly first: string;
  readonly last: string;
  readonly full: string;
}
export type Location = readonly (string | null)[];

/** References point at the record itself: eight bytes, and a deleted target is seen at once. */
export type Value = string | number | boolean | Email | Phone | PersonName | Location | Option | Member | Rec;
export type Scalar = string | number | boolean;
export type Cell = Value | readonly Value[] | undefined;

/** Who did something. The system has no id. */
export interface Actor {
  readonly type: 'api-token' | 'workspace-member' | 'system';
  readonly id: string | null;
}

export const SYSTEM: Actor = { type: 'system', id: null };

/** Since when a value holds, and who set it. */
export interface Origin {
  readonly fromMs: number;
  readonly actor: Actor;
}

export interface PastValue {
  readonly value: Value;
  readonly origin: Origin;
  readonly untilMs: number;
}

export interface Rec {
  readonly id: string;
  readonly table: Table;
  /** Grows with every record of a table: the order of `created_at`, without its ties. */
  readonly seq: number;
  readonly createdAtMs: number;
  /** Made by the workspace itself, not by a caller: a company from an e-mail's domain. */
  readonly isAutoCreated: boolean;
  readonly madeBy: Actor;
  /** Only list entries have one. */
  parent: Rec | undefined;
  readonly cells: Cell[];
  /** Per slot, the origin of each value; absent while everything holds since creation, by who made the record. */
  origins: Map<number, Origin[]> | undefined;
  past: Map<number, PastValue[]> | undefined;
  isDeleted: boolean;
}

export interface Attribute {
  readonly id: string;
  slug: string;
  title: string;
  description: string | null;
  readonly type: AttributeType;
  readonly isMulti: boolean;
  isRequired: boolean;
  isUnique: boolean;
  readonly isSystem: boolean;
  readonly isWritable: boolean;
  isArchived: boolean;
  defaultValue: unknown;
  currency: { readonly code: string | null; readonly display: string | null };
  /** Object ids; `null` allows all. */
  allowedObjectIds: readonly string[] | null;
  readonly createdAtMs: number;
  /** -1: nothing is stored, the value follows from elsewhere or is always empty. */
  readonly slot: number;
  /** The other side of a two-way reference: its values are the records that refer to us there. */
  readonly inverseOf: { readonly table: Table; readonly attribute: Attribute } | undefined;
  readonly options: Option[];
  /** By unique key; present exactly while the attribute is unique. */
  uniqueKeys: Map<string, Rec> | undefined;
  /** By queryable field; each made by the first filter that asks for it, kept up to date from then on. */
  readonly indexes: Map<string, Map<Scalar, Rec | Set<Rec>>>;
}

export interface Table {
  readonly kind: 'object' | 'list';
  readonly id: string;
  slug: string;
  readonly createdAtMs: number;
  readonly attributes: Attribute[];
  readonly bySlug: Map<string, Attribute>;
  readonly records: Map<string, Rec>;
  /** In order of `seq`; may hold deleted records while `holes` is above 0. */
  ordered: Rec[];
  holes: number;
  lastSeq: number;
  slots: number;
}
