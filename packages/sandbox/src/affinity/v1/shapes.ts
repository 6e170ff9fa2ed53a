import {
  type Cells,
  type CellValue,
  type DropdownOption,
  type EntityType,
  type Field,
  type List,
  type ListEntry,
  type Note,
  OPPORTUNITY,
  type Opportunity,
  ORGANIZATION,
  type Organization,
  PERSON,
  type Person,
  VALUE,
} from '../model.ts';
import { type AffinityState, entriesOf, fieldsOf } from '../state.ts';

/** How v1 shows things: snake_case, integers for kinds. */

type Shown = Record<string, unknown>;
const CELLS_WRITTEN_AT = '2024-01-02T09:00:00.000-08:00';

/** A person as lists of persons show it; a single read adds more. */
export const personInList = (person: Person): Shown => ({
  id: person.id,
  type: person.type,
  first_name: person.first_name,
  last_name: person.last_name,
  primary_email: person.primary_email,
  emails: person.emails,
});

export const personAlone = (state: AffinityState, person: Person): Shown => ({
  ...personInList(person),
  organization_ids: person.organization_ids,
  list_entries: entriesOf(state, PERSON, person.id).map(entryBare),
});

export const organizationInList = (organization: Organization): Shown => ({
  id: organization.id,
  name: organization.name,
  domain: organization.domain,
  domains: organization.domains,
  global: organization.global,
});

export const organizationAlone = (state: AffinityState, organization: Organization): Shown => ({
  ...organizationInList(organization),
  person_ids: state.links.personsOfOrganization.of(organization.id),
  opportunity_ids: state.links.opportunitiesOfOrganization.of(organization.id),
  list_entries: entriesOf(state, ORGANIZATION, organization.id).map(entryBare),
});

export const opportunity = (state: AffinityState, row: Opportunity): Shown => ({
  id: row.id,
  name: row.name,
  person_ids: row.person_ids,
  organization_ids: row.organization_ids,
  list_entries: entriesOf(state, OPPORTUNITY, row.id).map(entryBare),
});

export const list = (state: AffinityState, row: List): Shown => ({
  id: row.id,
  type: row.type,
  name: row.name,
  public: row.public,
  owner_id: row.owner_id,
  creator_id: row.creator_id,
  list_size: state.entriesOfList.get(row.id)?.size ?? 0,
});

const entryBare = (entry: ListEntry): Shown => ({
  id: entry.id,
  list_id: entry.list_id,
  creator_id: entry.creator_id,
  entity_id: entry.entity_id,
  entity_type: entry.entity_type,
  created_at: entry.created_at,
});

export function entry(state: AffinityState, row: ListEntry): Shown {
  return { ...entryBare(row), entity: entityOf(state, row.entity_type, row.entity_id) };
}

function entityOf(state: AffinityState, entityType: EntityType, id: number): Shown | null {
  const person = entityType === PERSON ? state.persons.get(id) : undefined;
  if (person !== undefined) return personInList(person);
  const organization = entityType === ORGANIZATION ? state.organizations.get(id) : undefined;
  if (organization !== undefined) return organizationInList(organization);
  const row = entityType === OPPORTUNITY ? state.opportunities.get(id) : undefined;
  return row === undefined ? null : { id: row.id, name: row.name };
}

export const field = (row: Field, isOptionsShown = true): Shown => ({
  id: row.id,
  name: row.name,
  list_id: row.listId,
  enrichment_source: row.enrichmentSource,
  value_type: row.valueType,
  allows_multiple: row.allowsMultiple,
  track_changes: row.trackChanges,
  ...(isOptionsShown ? { dropdown_options: row.options } : {}),
});

/** The rows of `/field-values`: one for every value, none for an empty cell. */
export function fieldValues(
  state: AffinityState,
  entityType: EntityType,
  entity: { readonly entityId: number; readonly cells: Cells; readonly entry: ListEntry | undefined },
): Shown[] {
  const listId = entity.entry?.list_id ?? null;
  return fieldsOf(state, entityType, listId).flatMap(column =>
    (entity.cells[column.ordinal] ?? []).map((value, index) => ({
      // Stable and unique: the row that holds the cell, the column, the value's place in the cell.
      id: (entity.entry?.id ?? entity.entityId) * 65_536 + (column.serial % 1024) * 64 + (index % 64),
      field_id: column.id,
      list_entry_id: entity.entry?.id ?? null,
      entity_id: entity.entityId,
      entity_type: entityType,
      value_type: column.valueType,
      created_at: CELLS_WRITTEN_AT,
      updated_at: null,
      value: cellValue(column, value),
    })),
  );
}

function cellValue(column: Field, value: CellValue): unknown {
  return column.valueType === VALUE.dropdown ? (value as DropdownOption).text : value;
}

export const note = (row: Note): Shown => ({
  id: row.id,
  creator_id: row.creator_id,
  person_ids: row.person_ids,
  associated_person_ids: row.person_ids,
  interaction_person_ids: [],
  interaction_id: null,
  interaction_type: null,
  is_meeting: false,
  mentioned_person_ids: [],
  organization_ids: row.organization_ids,
  opportunity_ids: row.opportunity_ids,
  parent_id: row.parent_id,
  content: row.content,
  type: 2,
  created_at: row.created_at,
  updated_at: row.updated_at,
});
