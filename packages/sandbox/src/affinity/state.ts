import {
  type EntityFile,
  type EntityType,
  type Field,
  type FieldValueChange,
  type Interaction,
  type InteractionType,
  type List,
  type ListEntry,
  type Note,
  OPPORTUNITY,
  type Opportunity,
  ORGANIZATION,
  type Organization,
  PERSON,
  type Person,
  type Reminder,
  type SavedView,
} from './model.ts';
import { createSortedTable, type SortedTable } from './sortedTable.ts';

/** Everything that one Affinity account holds, with the links that both ends are asked for. */
export interface AffinityState {
  readonly tenantId: number;
  readonly name: string;
  readonly persons: SortedTable<Person>;
  /** The persons who are colleagues with a log-in; also among `persons`. */
  readonly users: SortedTable<Person>;
  readonly organizations: SortedTable<Organization>;
  readonly opportunities: SortedTable<Opportunity>;
  readonly lists: SortedTable<List>;
  readonly listEntries: SortedTable<ListEntry>;
  readonly notes: SortedTable<Note>;
  readonly reminders: SortedTable<Reminder>;
  readonly files: SortedTable<EntityFile>;
  /** By type: ids are unique within one. */
  readonly interactions: readonly SortedTable<Interaction>[];
  readonly fieldValueChanges: SortedTable<FieldValueChange>;
  readonly savedViews: SortedTable<SavedView>;
  readonly fields: Map<number, Field>;
  /** Loser to winner. */
  readonly mergedPersons: Map<number, number>;
  readonly mergedOrganizations: Map<number, number>;
  /** Ids of what refers to an entity. */
  readonly links: {
    readonly personsOfOrganization: Links;
    readonly opportunitiesOfOrganization: Links;
    readonly opportunitiesOfPerson: Links;
    readonly entriesOfPerson: Links;
    readonly entriesOfOrganization: Links;
    readonly entriesOfOpportunity: Links;
    readonly notesOfPerson: Links;
    readonly notesOfOrganization: Links;
    readonly notesOfOpportunity: Links;
    readonly repliesOfNote: Links;
  };
  /** Only those that the key's user sees. */
  readonly entriesOfList: Map<number, SortedTable<ListEntry>>;
  /** How many entries of a list the key's user does not see. */
  readonly invisibleOfList: Map<number, number>;
}

/** Many-to-many by id. Most entities have one or two links, so a plain array each is the smallest. */
export interface Links {
  add(from: number, to: number): void;
  remove(from: number, to: number): void;
  of(from: number): readonly number[];
}

function createLinks(): Links {
  const targets = new Map<number, number[]>();
  return {
    add(from, to) {
      const list = targets.get(from);
      if (list === undefined) targets.set(from, [to]);
      else if (!list.includes(to)) list.push(to);
    },
    remove(from, to) {
      const left = targets.get(from)?.filter(each => each !== to) ?? [];
      if (left.length > 0) targets.set(from, left);
      else targets.delete(from);
    },
    of: from => targets.get(from) ?? NONE,
  };
}

const NONE: readonly number[] = [];

export function createAffinityState(name: string, tenantId: number): AffinityState {
  return {
    tenantId,
    name,
    persons: createSortedTable(),
    users: createSortedTable(),
    organizations: createSortedTable(),
    opportunities: createSortedTable(),
    lists: createSortedTable(),
    listEntries: createSortedTable(),
    notes: createSortedTable(),
    reminders: createSortedTable(),
    files: createSortedTable(),
    interactions: [createSortedTable(), createSortedTable(), createSortedTable(), createSortedTable()],
    fieldValueChanges: createSortedTable(),
    savedViews: createSortedTable(),
    fields: new Map(),
    mergedPersons: new Map(),
    mergedOrganizations: new Map(),
    links: {
      personsOfOrganization: createLinks(),
      opportunitiesOfOrganization: createLinks(),
      opportunitiesOfPerson: createLinks(),
      entriesOfPerson: createLinks(),
      entriesOfOrganization: createLinks(),
      entriesOfOpportunity: createLinks(),
      notesOfPerson: createLinks(),
      notesOfOrganization: createLinks(),
      notesOfOpportunity: createLinks(),
      repliesOfNote: createLinks(),
    },
    entriesOfList: new Map(),
    invisibleOfList: new Map(),
  };
}

export const interactionsOfType = (state: AffinityState, type: InteractionType): SortedTable<Interaction> =>
  state.interactions[type] as SortedTable<Interaction>;

/** The list entries of an entity that the key's user sees, oldest id first. */
export function entriesOf(state: AffinityState, entityType: EntityType, id: number): readonly ListEntry[] {
  const ids = entryLinks(state, entityType).of(id);
  return ids
    .map(entryId => state.listEntries.get(entryId))
    .filter(entry => entry !== undefined)
    .filter(entry => !entry.isInvisible)
    .sort((a, b) => a.id - b.id);
}

export function entryLinks(state: AffinityState, entityType: EntityType): Links {
  switch (entityType) {
    case PERSON:
      return state.links.entriesOfPerson;
    case ORGANIZATION:
      return state.links.entriesOfOrganization;
    case OPPORTUNITY:
      return state.links.entriesOfOpportunity;
  }
}

/** The columns of a space: global ones of an entity type, or those of one list. */
export function fieldsOf(state: AffinityState, entityType: EntityType, listId: number | null): readonly Field[] {
  return [...state.fields.values()].filter(field =>
    listId === null ? field.listId === null && field.entityType === entityType : field.listId === listId,
  );
}
