import { UserError } from '../errors.ts';
import type { CrmData, ListEntryRow, ListRow } from './rows.ts';

export interface Located<T> {
  readonly row: T;
  /** File and line, for people. */
  readonly where: string;
}

/** The rows of a folder, each with the place that it was read from. */
export type LocatedData = { readonly [Key in keyof CrmData]: readonly Located<CrmData[Key][number]>[] };

export const mend = 'Correct the line, or take the file from its source again.';

const files = {
  users: 'users.jsonl',
  organizations: 'organizations.jsonl',
  persons: 'persons.jsonl',
  opportunities: 'opportunities.jsonl',
  lists: 'lists.jsonl',
} as const;

const fileOf = { organization: 'organizations', person: 'persons', opportunity: 'opportunities' } as const;

/**
 * Follows every reference, and looks at what Affinity is strict about: an entry is of its list's kind and fills that list's fields,
 * an opportunity is on exactly one list.
 * @throws UserError for the first one that is not right.
 */
export const checkReferences = (data: LocatedData): void => {
  const ids = {
    users: idsOf(data.users),
    organizations: idsOf(data.organizations),
    persons: idsOf(data.persons),
    opportunities: idsOf(data.opportunities),
    lists: idsOf(data.lists),
  };
  const follow = (where: string, key: string, target: keyof typeof files, values: readonly (string | null)[]): void => {
    const unknown = values.find(id => id !== null && !ids[target].has(id));
    if (typeof unknown !== 'string') return;
    const names = key.endsWith('_ids') ? `${key} names "${unknown}", which` : `${key} "${unknown}"`;
    throw new UserError(`${where}: ${names} is not in ${files[target]}. ${mend}`);
  };

  for (const { row, where } of data.organizations) follow(where, 'owner_id', 'users', [row.owner_id]);
  for (const { row, where } of data.persons) follow(where, 'organization_ids', 'organizations', row.organization_ids);
  for (const { row, where } of data.opportunities) {
    follow(where, 'organization_ids', 'organizations', row.organization_ids);
    follow(where, 'person_ids', 'persons', row.person_ids);
    follow(where, 'owner_id', 'users', [row.owner_id]);
  }
  const lists = new Map(data.lists.map(({ row }) => [row.id, row]));
  for (const { row, where } of data.listEntries) {
    follow(where, 'list_id', 'lists', [row.list_id]);
    follow(where, 'entity_id', fileOf[row.entity_type], [row.entity_id]);
    checkEntry(row, where, lists.get(row.list_id));
  }
  checkOpportunityLists(data);
  for (const { row, where } of data.notes) {
    follow(where, 'organization_ids', 'organizations', row.organization_ids);
    follow(where, 'person_ids', 'persons', row.person_ids);
    follow(where, 'opportunity_ids', 'opportunities', row.opportunity_ids);
    follow(where, 'author_id', 'users', [row.author_id]);
  }
};

const idsOf = (rows: readonly Located<{ readonly id: string }>[]): ReadonlySet<string> =>
  new Set(rows.map(({ row }) => row.id));

const checkEntry = (entry: ListEntryRow, where: string, list: ListRow | undefined): void => {
  if (list === undefined) return;
  if (list.entity_type !== entry.entity_type) {
    throw new UserError(`${where}: the list "${list.id}" holds no ${entry.entity_type}. ${mend}`);
  }
  const stranger = Object.keys(entry.fields).find(name => !list.fields.some(field => field.name === name));
  if (stranger !== undefined)
    throw new UserError(`${where}: the list "${list.id}" has no field "${stranger}". ${mend}`);
};

const checkOpportunityLists = (data: LocatedData): void => {
  const times = new Map<string, number>();
  for (const { row } of data.listEntries) {
    if (row.entity_type === 'opportunity') times.set(row.entity_id, (times.get(row.entity_id) ?? 0) + 1);
  }
  for (const { row, where } of data.opportunities) {
    const count = times.get(row.id) ?? 0;
    if (count !== 1) throw new UserError(`${where}: the opportunity is on ${count} lists, and must be on one. ${mend}`);
  }
};
