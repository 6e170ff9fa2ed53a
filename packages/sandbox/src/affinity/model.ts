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
  /** Of statuses only, shown by the later versions of v2. */
  readonly category?: 'open' | 'won' | 'lost' | 'on-hold' | undefined;
  readonly win_rate?: number | undefined;
}

export interface Place {
  readonly street_address: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly country: string | null;
  readonly continent: string | null;
}

/** What only v2 knows, such as a formula's result, is kept as it is shown. */
export type CellValue = string | number | Place | DropdownOption | Readonly<Record<string, unknown>>;
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
  /** Of fields that v1 does not know at all, such as formulas: the type as v2 calls it. */
  readonly v2Type: string | undefined;
  /** Shown as `status-dropdown` by the versions of v2 that know it. */
  readonly isStatus: boolean;
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
  /** Somebody of another company who works in this account; only references inside other things say so. */
  readonly isCollaborator: boolean;
}

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly domain: string | null;
  readonly domains: readonly string[];
  readonly global: boolean;
  readonly cells: Cells;
}

/** What stands for the name of an opportunity that the key's user may not know of. */
export const HIDDEN = '[Hidden]';

export interface Opportunity {
  readonly id: number;
  readonly name: string;
  readonly list_id: number;
  readonly person_ids: readonly number[];
  readonly organization_ids: readonly number[];
  /** *restricted*: its fields are hidden from the key's user · *redacted*: its name too. */
  readonly access: 'full' | 'restricted' | 'redacted';
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
  /** Counted in the list's size, and otherwise not seen by the key's user. */
  readonly isInvisible: boolean;
}

export type Sharing = 'public' | 'private' | 'custom';

export interface Note {
  readonly id: number;
  /** 0 plain text, 2 HTML, 3 written by the AI notetaker. */
  readonly type: 0 | 2 | 3;
  readonly creator_id: number | null;
  /** What v1 shows: text, of HTML notes with marks like those of Markdown. */
  readonly content: string;
  /** `undefined`: made from the content when it is asked for, which costs less than to keep both. */
  readonly html: string | null | undefined;
  /** Attached by hand. */
  readonly person_ids: readonly number[];
  readonly interaction_person_ids: readonly number[];
  readonly mentioned_person_ids: readonly number[];
  readonly organization_ids: readonly number[];
  readonly opportunity_ids: readonly number[];
  readonly parent_id: number | null;
  readonly interaction: { readonly id: number; readonly type: InteractionType } | null;
  readonly sharing: Sharing;
  /** Who sees it besides its creator when it is shared with some only. */
  readonly shared_with: readonly number[];
  readonly created_at: string;
  readonly updated_at: string | null;
}

/** Everybody whom v1 counts among a note's persons. */
export const personsOfNote = (note: Note): readonly number[] => [
  ...new Set([...note.person_ids, ...note.interaction_person_ids, ...note.mentioned_person_ids]),
];

/** 0 meeting, 1 call, 2 chat message, 3 email. */
export type InteractionType = 0 | 1 | 2 | 3;

/** The one entity that a reminder or file hangs on; at most one of the three is set. */
export interface Holder {
  readonly person_id: number | null;
  readonly organization_id: number | null;
  readonly opportunity_id: number | null;
}

export interface Reminder extends Holder {
  readonly id: number;
  /** 0 one-time, 1 recurring. */
  readonly type: 0 | 1;
  readonly content: string;
  readonly due_date: string;
  /** Of recurring ones, what starts the time anew: 0 interaction, 1 email, 2 meeting. */
  readonly reset_type: 0 | 1 | 2 | null;
  readonly reminder_days: number | null;
  /** 0 completed, 1 active, 2 overdue. */
  readonly status: 0 | 1 | 2;
  readonly creator_id: number | null;
  readonly owner_id: number | null;
  readonly completer_id: number | null;
  readonly created_at: string;
  readonly completed_at: string | null;
}

export interface EntityFile extends Holder {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly content_type: string;
  readonly uploader_id: number | null;
  readonly created_at: string;
}

/** Metadata only: Affinity never gives out the text of an email. Ids are unique within one type. */
export interface Interaction {
  readonly id: number;
  readonly type: InteractionType;
  readonly date: string;
  readonly subject: string | null;
  readonly person_ids: readonly number[];
  readonly organization_ids: readonly number[];
  readonly opportunity_ids: readonly number[];
}

export interface FieldValueChange {
  readonly id: number;
  readonly field_id: number;
  readonly entity_id: number;
  readonly list_entry_id: number | null;
  /** 0 create, 1 delete, 2 update. */
  readonly action_type: 0 | 1 | 2;
  readonly changer_id: number | null;
  readonly changed_at: string;
  readonly value: unknown;
}

export interface SavedView {
  readonly id: number;
  readonly list_id: number;
  readonly name: string;
  readonly type: 'sheet' | 'board' | 'dashboard';
  readonly field_ids: readonly number[];
  /** The entries that pass its filters; all of the list's when absent. */
  readonly entry_ids: readonly number[] | undefined;
}
