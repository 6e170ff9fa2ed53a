import { notFound } from '../errors.ts';
import {
  HIDDEN,
  type List,
  type ListEntry,
  OPPORTUNITY,
  type Opportunity,
  ORGANIZATION,
  PERSON,
  VALUE,
} from '../model.ts';
import { type AffinityCall, type AffinityRoute, get, getGated, idOf } from '../route.ts';
import { createSortedTable } from '../sortedTable.ts';
import { type AffinityState, entriesOf } from '../state.ts';
import {
  type Column,
  columnsOf,
  companiesColumn,
  rankedOption,
  renderFields,
  type Shower,
  STATUS_VERSION,
  selectColumns,
} from './fields.ts';
import { narrowed, readPageRequest, v2Page } from './page.ts';
import { companyReference, personReference, toUtc } from './references.ts';
import { metadataPage, showCompany, showPerson } from './routes.ts';

const LIST_FIELD_TYPES = ['enriched', 'global', 'list', 'relationship-intelligence'] as const;
const TYPE_NAMES = { [PERSON]: 'person', [ORGANIZATION]: 'company', [OPPORTUNITY]: 'opportunity' } as const;

/** Lists, their entries and opportunities, as v2 reads them. */
export const v2ListRoutes: readonly AffinityRoute[] = [
  get('/v2/lists', call => v2Page(call, readPageRequest(call), call.state.lists, { show: showList })),
  get('/v2/lists/{id}', call => showList(requireList(call))),
  get('/v2/lists/{id}/fields', call => metadataPage(call, entryColumns(call, requireList(call)))),
  get('/v2/lists/{id}/fields/{field}/dropdown-options', dropdownOptions),
  getGated('export-lists', '/v2/lists/{id}/list-entries', call => {
    const list = requireList(call);
    const request = readPageRequest(call);
    const columns = selectColumns(request.query, entryColumns(call, list), LIST_FIELD_TYPES);
    const entries = call.state.entriesOfList.get(list.id) ?? createSortedTable();
    return v2Page(call, request, entries, { show: entry => showEntry(call, entry, columns) });
  }),
  get('/v2/lists/{id}/list-entries/{entry}', call => {
    const list = requireList(call);
    const entry = call.state.listEntries.get(idOf(call, 'entry'));
    if (entry?.list_id !== list.id || entry.isInvisible) throw notFound('List entry', call.params.entry ?? '');
    return showEntry(call, entry, selectColumns(call.query, entryColumns(call, list), LIST_FIELD_TYPES));
  }),
  get('/v2/persons/{id}/list-entries', call => entriesOfEntity(call, PERSON)),
  get('/v2/companies/{id}/list-entries', call => entriesOfEntity(call, ORGANIZATION)),
  get('/v2/persons/{id}/lists', call => listsOfEntity(call, PERSON)),
  get('/v2/companies/{id}/lists', call => listsOfEntity(call, ORGANIZATION)),
  get('/v2/opportunities', call => {
    const request = readPageRequest(call);
    return v2Page(call, request, narrowed(request.query, call.state.opportunities), {
      show: row => showOpportunity(call, row),
    });
  }),
  get('/v2/opportunities/{id}', call => {
    const opportunity = call.state.opportunities.get(idOf(call));
    if (opportunity === undefined) throw notFound('Opportunity', call.params.id ?? '');
    return showOpportunity(call, opportunity);
  }),
];

/** A column of an entry takes its value from the entry itself or from the entity behind it. */
export function entryColumns(shower: Shower, list: List): Column<ListEntry>[] {
  const { state } = shower;
  const own = columnsOf(shower, list.type, list.id);
  const companies = companiesColumn(state);
  switch (list.type) {
    case PERSON:
      return [
        ...own,
        ...columnsOf(shower, PERSON, null).map(column => throughEntity(column, id => state.persons.get(id))),
        throughEntity(companies, id => state.persons.get(id)),
      ];
    case ORGANIZATION:
      return [
        ...own,
        ...columnsOf(shower, ORGANIZATION, null).map(column =>
          throughEntity(column, id => state.organizations.get(id)),
        ),
      ];
    case OPPORTUNITY:
      return [...own, ...opportunityColumns(state)];
  }
}

function throughEntity<Entity>(column: Column<Entity>, find: (id: number) => Entity | undefined): Column<ListEntry> {
  return {
    ...column,
    dataOf(entry) {
      const entity = find(entry.entity_id);
      return entity === undefined ? null : column.dataOf(entity);
    },
  };
}

/** Only here does v2 tell who and what an opportunity belongs to. */
function opportunityColumns(state: AffinityState): Column<ListEntry>[] {
  const shared = { type: 'relationship-intelligence', enrichmentSource: null } as const;
  const cut = (values: unknown[]): unknown[] | null => (values.length === 0 ? null : values.slice(0, 100));
  return [
    {
      ...shared,
      id: 'persons',
      name: 'People',
      valueType: 'person-multi',
      dataOf: entry =>
        cut((state.opportunities.get(entry.entity_id)?.person_ids ?? []).map(id => personReference(state, id))),
    },
    {
      ...shared,
      id: 'companies',
      name: 'Organizations',
      valueType: 'company-multi',
      dataOf: entry =>
        cut((state.opportunities.get(entry.entity_id)?.organization_ids ?? []).map(id => companyReference(state, id))),
    },
  ];
}

/** Whatever kind of entity, the cells hang on `entity.fields`. */
export function showEntry(
  shower: Shower,
  entry: ListEntry,
  columns: readonly Column<ListEntry>[] | undefined,
): Record<string, unknown> {
  return {
    id: entry.id,
    type: TYPE_NAMES[entry.entity_type],
    listId: entry.list_id,
    createdAt: toUtc(entry.created_at),
    creatorId: entry.creator_id,
    entity: {
      ...entityOf(shower, entry),
      ...(columns === undefined ? {} : { fields: entryFields(shower, entry, columns) }),
    },
  };
}

/** The fields of an opportunity that the key's user may not look into are there, and empty. */
function entryFields(
  { state, version }: Shower,
  entry: ListEntry,
  columns: readonly Column<ListEntry>[],
): Record<string, unknown>[] {
  const access = entry.entity_type === OPPORTUNITY ? state.opportunities.get(entry.entity_id)?.access : 'full';
  if (access === 'full' || access === undefined) return renderFields(entry, columns);
  return renderFields(
    entry,
    columns.map(column => ({ ...column, dataOf: () => null })),
  ).map(field => (version >= STATUS_VERSION ? { ...field, type: 'hidden' } : field));
}

function entityOf(shower: Shower, entry: ListEntry): Record<string, unknown> {
  const { state } = shower;
  const person = entry.entity_type === PERSON ? state.persons.get(entry.entity_id) : undefined;
  if (person !== undefined) return showPerson(person, undefined);
  const company = entry.entity_type === ORGANIZATION ? state.organizations.get(entry.entity_id) : undefined;
  if (company !== undefined) return showCompany(company, undefined);
  const opportunity = entry.entity_type === OPPORTUNITY ? state.opportunities.get(entry.entity_id) : undefined;
  return opportunity === undefined ? { id: entry.entity_id } : showOpportunity(shower, opportunity);
}

/** All columns, unasked. */
function entriesOfEntity(call: AffinityCall, entityType: typeof PERSON | typeof ORGANIZATION): unknown {
  const { state } = call;
  const id = idOf(call);
  const isThere = entityType === PERSON ? state.persons.get(id) : state.organizations.get(id);
  if (isThere === undefined) throw notFound(entityType === PERSON ? 'Person' : 'Company', id);
  const entries = createSortedTable<ListEntry>();
  for (const entry of entriesOf(state, entityType, id)) entries.put(entry);
  return v2Page(call, readPageRequest(call), entries, {
    show(entry) {
      const list = state.lists.get(entry.list_id);
      const columns = list === undefined ? [] : columnsOf(call, entityType, list.id);
      return {
        id: entry.id,
        listId: entry.list_id,
        createdAt: toUtc(entry.created_at),
        creatorId: entry.creator_id,
        fields: renderFields(entry, columns),
      };
    },
  });
}

/** The lists that an entity is on, each once, without their type. */
function listsOfEntity(call: AffinityCall, entityType: typeof PERSON | typeof ORGANIZATION): unknown {
  const { state } = call;
  const id = idOf(call);
  const isThere = entityType === PERSON ? state.persons.get(id) : state.organizations.get(id);
  if (isThere === undefined) throw notFound(entityType === PERSON ? 'Person' : 'Company', id);
  const lists = state.lists.only(entriesOf(state, entityType, id).map(entry => entry.list_id));
  return v2Page(call, readPageRequest(call), lists, {
    show(list) {
      const { type: _, ...shown } = showList(list);
      return shown;
    },
  });
}

function dropdownOptions(call: AffinityCall): unknown {
  const list = requireList(call);
  const field = call.state.fields.get(Number((call.params.field ?? '').replace(/^field-/, '')));
  const isOnList =
    field !== undefined && (field.listId === list.id || (field.listId === null && field.entityType === list.type));
  const isDropdown = field?.valueType === VALUE.dropdown || field?.valueType === VALUE.rankedDropdown;
  if (!isOnList || !isDropdown) throw notFound('Dropdown field', call.params.field ?? '');
  const options = createSortedTable<(typeof field.options)[number]>();
  for (const option of field.options) options.put(option);
  return v2Page(call, readPageRequest(call), options, {
    show: option =>
      field.valueType === VALUE.rankedDropdown
        ? rankedOption(option, field, call.version)
        : { dropdownOptionId: option.id, text: option.text },
  });
}

export function requireList(call: AffinityCall): List {
  const list = call.state.lists.get(idOf(call));
  if (list === undefined) throw notFound('List', call.params.id ?? '');
  return list;
}

const showList = (list: List): Record<string, unknown> => ({
  id: list.id,
  name: list.name,
  creatorId: list.creator_id,
  ownerId: list.owner_id,
  isPublic: list.public,
  type: TYPE_NAMES[list.type],
});

function showOpportunity({ state, version }: Shower, row: Opportunity): Record<string, unknown> {
  const { id, list_id: listId, access } = row;
  const name = access === 'redacted' ? HIDDEN : row.name;
  if (version < STATUS_VERSION) return { id, name, listId };
  const listName = state.lists.get(listId)?.name ?? null;
  return { id, name, listId, listName, isRestricted: access !== 'full', isRedacted: access === 'redacted' };
}
