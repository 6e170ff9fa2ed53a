/**
 * What an Affinity account is made of. Names follow v1; v2 is a second way of showing the same rows.
 *
 * *field*: a column · *space*: the rows that share a set of columns: all persons, all organizations, or the entries of one
 * list · *ordinal*: a field's place in the cells of its space's rows.
 */

export const PERSON = 0;
export const ORGANIZATION = 1;
export const OPPORTUNITY = 8;
export type EntityType = typeof PERSON | typeof ORGANIZATION | typeof OPPORTUNITY;

/** The integers that v1 calls `value_type`. */
export const VALUE = {
  person: 0,
  organization: 1,
  dropdown: 2,
  number: 3,
  date: 4,
  location: 5,
  text: 6,
  rankedDropdown: 7,
  filterableText: 10,
} as const;

export interface DropdownOption {
  readonly id: number;
  readonly text: string;
  readonly rank: number;
  readonly color: number;
}

export interface Place {
  readonly street_address: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly country: string | null;
  readonly continent: string | null;
}

export type CellValue = string | number | Place | DropdownOption;
/** Always an array, also of a field that takes one value; `undefined` when empty. */
export type Cells = (readonly CellValue[] | undefined)[];

export interface Field {
  readonly id: number;
  readonly name: string;
  readonly entityType: EntityType;
  readonly listId: number | null;
  readonly valueType: number;
  readonly allowsMultiple: boolean;
  readonly trackChanges: boolean;
  readonly enrichmentSource: string;
  readonly options: DropdownOption[];
  readonly optionByText: Map<string, DropdownOption>;
  readonly ordinal: number;
  /** Counts all fields of the account; part of the ids that v1 gives to cell values. */
  readonly serial: number;
}

export interface Person {
  readonly id: number;
  readonly type: 0 | 1;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly primary_email: string | null;
  readonly emails: readonly string[];
  readonly organization_ids: readonly number[];
  /** `undefined`: all of them are current. */
  readonly current_organization_ids: readonly number[] | undefined;
  readonly cells: Cells;
  /** Of users only. */
  readonly userStatus: 'active' | 'deactivated' | 'invited' | undefined;
}

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly domain: string | null;
  readonly domains: readonly string[];
  readonly global: boolean;
  readonly cells: Cells;
}

export interface Opportunity {
  readonly id: number;
  readonly name: string;
  readonly list_id: number;
  readonly person_ids: readonly number[];
  readonly organization_ids: readonly number[];
}

export interface List {
  readonly id: number;
  readonly type: EntityType;
  readonly name: string;
  readonly public: boolean;
  readonly owner_id: number | null;
  readonly creator_id: number | null;
}

export interface ListEntry {
  readonly id: number;
  readonly list_id: number;
  readonly entity_id: number;
  readonly entity_type: EntityType;
  readonly creator_id: number | null;
  readonly created_at: string;
  readonly cells: Cells;
}

export interface Note {
  readonly id: number;
  readonly creator_id: number | null;
  readonly content: string;
  readonly html: string;
  readonly person_ids: readonly number[];
  readonly organization_ids: readonly number[];
  readonly opportunity_ids: readonly number[];
  readonly parent_id: number | null;
  readonly created_at: string;
  readonly updated_at: string | null;
}
