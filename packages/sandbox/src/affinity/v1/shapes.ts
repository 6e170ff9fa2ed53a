import {
  type Cells,
  type CellValue,
  type DropdownOption,
  type EntityFile,
  type EntityType,
  type Field,
  type FieldValueChange,
  HIDDEN,
  type Interaction,
  type List,
  type ListEntry,
  type Note,
  OPPORTUNITY,
  type Opportunity,
  ORGANIZATION,
  type Organization,
  PERSON,
  type Person,
  personsOfNote,
  type Reminder,
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
  name: row.access === 'redacted' ? HIDDEN : row.name,
  person_ids: row.access === 'redacted' ? [] : row.person_ids,
  organization_ids: row.access === 'redacted' ? [] : row.organization_ids,
  list_entries: entriesOf(state, OPPORTUNITY, row.id).map(entryBare),
});

export const list = (state: AffinityState, row: List): Shown => ({
  id: row.id,
  type: row.type,
  name: row.name,
  public: row.public,
  owner_id: row.owner_id,
  creator_id: row.creator_id,
  list_size: (state.entriesOfList.get(row.id)?.size ?? 0) + (state.invisibleOfList.get(row.id) ?? 0),
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
  return row === undefined ? null : { id: row.id, name: row.access === 'redacted' ? HIDDEN : row.name };
}

export const field = (row: Field, isOptionsShown = true): Shown => ({
  id: row.id,
  name: row.name,
  list_id: row.listId,
  enrichment_source: row.enrichmentSource,
  value_type: row.valueType,
  allows_multiple: row.allowsMultiple,
  track_changes: row.trackChanges,
  ...(isOptionsShown
    ? { dropdown_options: row.options.map(({ id, text, rank, color }) => ({ id, text, rank, color })) }
    : {}),
});

/** The columns of a space, as far as v1 knows them. */
export const fields = (state: AffinityState, entityType: EntityType, listId: number | null): Shown[] =>
  v1FieldsOf(state, entityType, listId).map(column => field(column));

const v1FieldsOf = (state: AffinityState, entityType: EntityType, listId: number | null): readonly Field[] =>
  fieldsOf(state, entityType, listId).filter(column => column.v2Type === undefined);

/** The rows of `/field-values`: one for every value, none for an empty cell. */
export function fieldValues(
  state: AffinityState,
  entityType: EntityType,
  entity: { readonly entityId: number; readonly cells: Cells; readonly entry: ListEntry | undefined },
): Shown[] {
  const listId = entity.entry?.list_id ?? null;
  if (entityType === OPPORTUNITY && state.opportunities.get(entity.entityId)?.access !== 'full') return [];
  return v1FieldsOf(state, entityType, listId).flatMap(column =>
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
  if (column.valueType === VALUE.dropdown) return (value as DropdownOption).text;
  if (column.valueType !== VALUE.rankedDropdown) return value;
  const { id, text, rank, color } = value as DropdownOption;
  return { id, text, rank, color };
}

/** A person in full, inside something else; by its id alone when it is gone. */
function personInside(state: AffinityState, id: number | null): Shown | null {
  if (id === null) return null;
  const person = state.persons.get(id);
  return person === undefined ? { id } : personInList(person);
}

export const note = (row: Note): Shown => ({
  id: row.id,
  creator_id: row.creator_id,
  person_ids: personsOfNote(row),
  associated_person_ids: row.person_ids,
  interaction_person_ids: row.interaction_person_ids,
  interaction_id: row.interaction?.id ?? null,
  interaction_type: row.interaction?.type ?? null,
  is_meeting: row.interaction?.type === 0,
  mentioned_person_ids: row.mentioned_person_ids,
  organization_ids: row.organization_ids,
  opportunity_ids: row.opportunity_ids,
  parent_id: row.parent_id,
  content: row.content,
  type: row.type,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

export const reminder = (state: AffinityState, row: Reminder): Shown => ({
  id: row.id,
  type: row.type,
  created_at: row.created_at,
  completed_at: row.completed_at,
  content: row.content,
  due_date: row.due_date,
  reset_type: row.reset_type,
  reminder_days: row.reminder_days,
  status: row.status,
  creator: personInside(state, row.creator_id),
  owner: personInside(state, row.owner_id),
  completer: personInside(state, row.completer_id),
  person: personInside(state, row.person_id),
  organization: row.organization_id === null ? null : entityOrId(state, ORGANIZATION, row.organization_id),
  opportunity: row.opportunity_id === null ? null : entityOrId(state, OPPORTUNITY, row.opportunity_id),
});

const entityOrId = (state: AffinityState, entityType: EntityType, id: number): Shown =>
  entityOf(state, entityType, id) ?? { id };

export const file = (row: EntityFile): Shown => ({
  id: row.id,
  name: row.name,
  size: row.size,
  person_id: row.person_id,
  organization_id: row.organization_id,
  opportunity_id: row.opportunity_id,
  created_at: row.created_at,
  uploader_id: row.uploader_id,
});

/** The dates of everybody who has any interaction, by person id. What is not known of the future or the past is null. */
export function interactionDates(state: AffinityState): Map<number, Record<string, string | null>> {
  const dates = new Map<number, Record<string, string | null>>();
  for (const row of state.interactions.flatMap(table => [...table.values()])) {
    for (const id of row.person_ids) {
      const known = dates.get(id) ?? { ...NO_DATES };
      for (const key of DATE_KEYS[row.type]) {
        const isFirst = key.startsWith('first');
        const current = known[key] ?? null;
        const isBetter = current === null || Date.parse(row.date) < Date.parse(current) === isFirst;
        if (isBetter) known[key] = row.date;
      }
      dates.set(id, known);
    }
  }
  return dates;
}

/** Which dates an interaction of each type tells of. */
const DATE_KEYS = [
  ['first_event_date', 'last_event_date', 'last_interaction_date'],
  ['last_interaction_date'],
  ['last_chat_message_date', 'last_interaction_date'],
  ['first_email_date', 'last_email_date', 'last_interaction_date'],
] as const;

const NO_DATES: Readonly<Record<string, string | null>> = {
  first_email_date: null,
  last_email_date: null,
  first_event_date: null,
  last_event_date: null,
  next_event_date: null,
  last_chat_message_date: null,
  last_interaction_date: null,
};

export const interaction = (state: AffinityState, row: Interaction): Shown => ({
  id: row.id,
  type: row.type,
  date: row.date,
  subject: row.subject,
  persons: row.person_ids.map(id => personInside(state, id)),
});

export const fieldValueChange = (state: AffinityState, row: FieldValueChange): Shown => ({
  id: row.id,
  field_id: row.field_id,
  entity_id: row.entity_id,
  list_entry_id: row.list_entry_id,
  action_type: row.action_type,
  changer: personInside(state, row.changer_id),
  changed_at: row.changed_at,
  value: row.value,
});
