import { affinityIdsSchema } from '../control/types.ts';
import { SeedError } from '../workspace.ts';
import { readCells } from './cells.ts';
import { type EntityType, type Field, type Holder, ORGANIZATION, PERSON } from './model.ts';
import { htmlToText } from './noteText.ts';
import { type RowOf, rowSchema } from './rowSchemas.ts';
import { type AffinityState, fieldsOf, interactionsOfType } from './state.ts';
import {
  deleteListEntry,
  deleteNote,
  deleteOpportunity,
  deleteOrganization,
  deletePerson,
  putListEntry,
  putNote,
  putOpportunity,
  putOrganization,
  putPerson,
} from './store.ts';

/**
 * Stores one row as it is, also one that Affinity itself would refuse, such as a second person with the same address.
 * @throws SeedError for a value of an unknown field or an entry of an unknown list, ZodError for a row of another shape.
 */
export function seedRow(state: AffinityState, raw: unknown): void {
  const row = rowSchema.parse(raw);
  switch (row.kind) {
    case 'person':
      return seedPerson(state, row);
    case 'organization':
      return seedOrganization(state, row);
    case 'user':
      return seedUser(state, row);
    case 'field':
      return seedField(state, row);
    case 'list':
      return seedList(state, row);
    case 'opportunity':
      return putOpportunity(state, plain(row));
    case 'list_entry':
      return seedListEntry(state, row);
    case 'note':
      return seedNote(state, row);
    case 'reminder':
      return state.reminders.put({ ...plain(row), ...holderOf(row), ...remindersRest(row) });
    case 'file':
      return state.files.put({ ...plain(row), ...holderOf(row), uploader_id: row.uploader_id ?? null });
    case 'interaction':
      return interactionsOfType(state, row.type).put({ ...plain(row), subject: row.subject ?? null });
    case 'field_value_change':
      return seedChange(state, row);
    case 'saved_view':
      return seedView(state, row);
    case 'merge':
      return seedMerge(state, row);
  }
}

/** Named one by one: what the schema carries besides, such as the raw values, must not stay in memory. */
function seedPerson(state: AffinityState, row: RowOf<'person'>): void {
  putPerson(state, {
    id: row.id,
    type: row.type,
    first_name: row.first_name ?? null,
    last_name: row.last_name ?? null,
    primary_email: row.primary_email ?? row.emails[0] ?? null,
    emails: row.emails.length === 0 ? listOf(row.primary_email) : row.emails,
    organization_ids: row.organization_ids,
    current_organization_ids: row.current_organization_ids,
    cells: readCells(state, PERSON, null, row.values),
    userStatus: undefined,
    isCollaborator: row.is_collaborator,
  });
}

function seedOrganization(state: AffinityState, row: RowOf<'organization'>): void {
  putOrganization(state, {
    id: row.id,
    name: row.name,
    domain: row.domain ?? row.domains[0] ?? null,
    domains: row.domains.length === 0 ? listOf(row.domain) : row.domains,
    global: row.global,
    cells: readCells(state, ORGANIZATION, null, row.values),
  });
}

function seedList(state: AffinityState, row: RowOf<'list'>): void {
  const { id: listId, name, type, owner_id = null, creator_id = null } = row;
  state.lists.put({ id: listId, name, type, public: row.public, owner_id, creator_id });
}

/** Takes records away; ids that are not there are passed over. Returns how many were. */
export function removeRows(state: AffinityState, raw: unknown): number {
  const gone = affinityIdsSchema.parse(raw);
  const count = (list: readonly number[] | undefined, drop: (state: AffinityState, id: number) => boolean): number =>
    (list ?? []).filter(each => drop(state, each)).length;
  return (
    count(gone.persons, deletePerson) +
    count(gone.organizations, deleteOrganization) +
    count(gone.opportunities, deleteOpportunity) +
    count(gone.listEntries, deleteListEntry) +
    count(gone.notes, deleteNote) +
    count(gone.reminders, (from, each) => from.reminders.delete(each))
  );
}

function seedUser(state: AffinityState, row: RowOf<'user'>): void {
  putPerson(state, {
    id: row.id,
    type: 1,
    first_name: row.first_name,
    last_name: row.last_name,
    primary_email: row.email,
    emails: row.emails ?? [row.email],
    organization_ids: [],
    current_organization_ids: undefined,
    cells: [],
    userStatus: row.status,
    isCollaborator: false,
  });
}

function seedField(state: AffinityState, row: RowOf<'field'>): void {
  const listId = row.list_id ?? null;
  if (listId !== null && state.lists.get(listId) === undefined) throw new SeedError(`there is no list ${listId}`);
  const former = state.fields.get(row.id);
  const field: Field = {
    id: row.id,
    name: row.name,
    entityType: row.entity_type,
    listId,
    valueType: row.value_type,
    allowsMultiple: row.allows_multiple,
    trackChanges: row.track_changes,
    enrichmentSource: row.enrichment_source,
    v2Type: row.v2_type,
    isStatus: row.is_status,
    options: row.dropdown_options,
    optionByText: new Map(row.dropdown_options.map(option => [option.text, option])),
    ordinal: former?.ordinal ?? fieldsOf(state, row.entity_type, listId).length,
    serial: former?.serial ?? state.fields.size,
  };
  state.fields.set(field.id, field);
}

function seedListEntry(state: AffinityState, row: RowOf<'list_entry'>): void {
  const list = state.lists.get(row.list_id);
  if (list === undefined) throw new SeedError(`there is no list ${row.list_id}`);
  const entity: EntityType = list.type;
  putListEntry(state, {
    id: row.id,
    list_id: row.list_id,
    entity_id: row.entity_id,
    entity_type: entity,
    creator_id: row.creator_id ?? null,
    created_at: row.created_at,
    cells: readCells(state, entity, row.list_id, row.values),
    isInvisible: row.invisible,
  });
}

function seedMerge(state: AffinityState, row: RowOf<'merge'>): void {
  if (row.entity === 'person') {
    deletePerson(state, row.loser);
    state.mergedPersons.set(row.loser, row.winner);
  } else {
    deleteOrganization(state, row.loser);
    state.mergedOrganizations.set(row.loser, row.winner);
  }
}

const listOf = (value: string | null | undefined): string[] => (value === null || value === undefined ? [] : [value]);

/** The row without its kind. */
function plain<Row extends { readonly kind: string }>(row: Row): Omit<Row, 'kind'> {
  const { kind: _, ...rest } = row;
  return rest;
}

/** @throws SeedError when it hangs on several entities. */
function holderOf(
  row: {
    readonly [Key in keyof Holder]?: number | null | undefined;
  },
): Holder {
  const { person_id = null, organization_id = null, opportunity_id = null } = row;
  const count = [person_id, organization_id, opportunity_id].filter(each => each !== null).length;
  if (count > 1) throw new SeedError('at most one of person_id, organization_id and opportunity_id may be given');
  return { person_id, organization_id, opportunity_id };
}

const remindersRest = (row: RowOf<'reminder'>) => ({
  reset_type: row.reset_type ?? null,
  reminder_days: row.reminder_days ?? null,
  creator_id: row.creator_id ?? null,
  owner_id: row.owner_id ?? null,
  completer_id: row.completer_id ?? null,
  completed_at: row.completed_at ?? null,
});

/** Either form is enough: v1 shows the text, v2 the HTML. A note without both has an empty text and no HTML. */
function seedNote(state: AffinityState, row: RowOf<'note'>): void {
  const { html, content } = row;
  putNote(state, {
    ...plain(row),
    content: content ?? (typeof html === 'string' ? htmlToText(html) : ''),
    html,
    creator_id: row.creator_id ?? null,
    parent_id: row.parent_id ?? null,
    interaction: row.interaction ?? null,
    updated_at: row.updated_at ?? null,
  });
}

function seedChange(state: AffinityState, row: RowOf<'field_value_change'>): void {
  if (!state.fields.has(row.field_id)) throw new SeedError(`there is no field ${row.field_id}`);
  const { list_entry_id = null, changer_id = null } = row;
  state.fieldValueChanges.put({ ...plain(row), list_entry_id, changer_id });
}

function seedView(state: AffinityState, row: RowOf<'saved_view'>): void {
  if (state.lists.get(row.list_id) === undefined) throw new SeedError(`there is no list ${row.list_id}`);
  state.savedViews.put({ ...plain(row), entry_ids: row.entry_ids });
}
