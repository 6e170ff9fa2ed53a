import { AffinityError, notFound } from '../errors.ts';
import { OPPORTUNITY, ORGANIZATION, type Organization, PERSON, type Person } from '../model.ts';
import {
  type AffinityCall,
  type AffinityRoute,
  get,
  getFree,
  idOf,
  isVisible,
  keyHolder,
  rateBody,
  tenantOf,
} from '../route.ts';
import { createSortedTable } from '../sortedTable.ts';
import { entriesOf, type Links } from '../state.ts';
import { v1Page } from './page.ts';
import * as show from './shapes.ts';

/** The reads of v1. */
export const v1Routes: readonly AffinityRoute[] = [
  getFree('/auth/whoami', ({ state }) => ({
    tenant: tenantOf(state),
    user: keyHolder(state),
    grant: { type: 'api_key', scope: 'external_api', createdAt: '2024-02-01T09:00:00.000Z' },
  })),
  getFree('/rate-limit', rateBody),
  get('/persons', listPersons),
  get('/persons/fields', ({ state }) => show.fields(state, PERSON, null)),
  get('/persons/{id}', call => show.personAlone(call.state, requirePerson(call))),
  get('/organizations', call => {
    const term = call.query.get('term')?.toLowerCase();
    return v1Page(call, call.state.organizations, {
      name: 'organizations',
      show: show.organizationInList,
      ...(term === undefined ? {} : { passes: row => [row.name, ...row.domains].some(text => includes(text, term)) }),
    });
  }),
  get('/organizations/fields', ({ state }) => show.fields(state, ORGANIZATION, null)),
  get('/organizations/{id}', call => show.organizationAlone(call.state, requireOrganization(call))),
  get('/opportunities', call =>
    v1Page(call, call.state.opportunities, {
      name: 'opportunities',
      show: row => show.opportunity(call.state, row),
    }),
  ),
  get('/opportunities/{id}', call => {
    const row = call.state.opportunities.get(idOf(call));
    if (row === undefined) throw notFound('Opportunity', call.params.id ?? '');
    return show.opportunity(call.state, row);
  }),
  get('/fields', listFields),
  get('/field-values', listFieldValues),
  get('/lists', ({ state }) => [...state.lists.values()].map(list => show.list(state, list))),
  get('/lists/{id}', call => {
    const list = requireList(call);
    return { ...show.list(call.state, list), fields: show.fields(call.state, list.type, list.id) };
  }),
  get('/lists/{id}/list-entries', listEntries),
  get('/lists/{id}/list-entries/{entry}', call => {
    const entry = call.state.listEntries.get(idOf(call, 'entry'));
    if (entry?.list_id !== requireList(call).id || entry.isInvisible)
      throw notFound('List entry', call.params.entry ?? '');
    return show.entry(call.state, entry);
  }),
  get('/notes', listNotes),
  get('/notes/{id}', call => {
    const note = call.state.notes.get(idOf(call));
    if (note === undefined || !isVisible(call.state, note)) throw notFound('Note', call.params.id ?? '');
    return show.note(note);
  }),
];

function listPersons(call: AffinityCall): unknown {
  const term = call.query.get('term')?.toLowerCase();
  const isCurrentAsked = call.query.get('with_current_organizations') === 'true';
  const isDatesAsked = call.query.get('with_interaction_dates') === 'true';
  // Asked for interaction dates, Affinity leaves out whoever has none.
  const dates = isDatesAsked ? show.interactionDates(call.state) : undefined;
  const persons = dates === undefined ? call.state.persons : call.state.persons.only(dates.keys());
  return v1Page(call, persons, {
    name: 'persons',
    show: person => ({
      ...show.personInList(person),
      ...(isCurrentAsked
        ? { current_organization_ids: person.current_organization_ids ?? person.organization_ids }
        : {}),
      ...(dates === undefined ? {} : { interaction_dates: dates.get(person.id) }),
    }),
    ...(term === undefined
      ? {}
      : {
          passes: row =>
            [`${row.first_name ?? ''} ${row.last_name ?? ''}`, ...row.emails].some(text => includes(text, term)),
        }),
  });
}

const includes = (text: string, term: string): boolean => text.toLowerCase().includes(term);

function listFields(call: AffinityCall): unknown {
  const { query, state } = call;
  const wanted = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const [listId, valueType, entityType] = [wanted('list_id'), wanted('value_type'), wanted('entity_type')];
  const isPrefixed = query.get('with_modified_names') === 'true';
  const isOptionsShown = query.get('exclude_dropdown_options') !== 'true';
  return [...state.fields.values()]
    .filter(field => field.v2Type === undefined)
    .filter(field => listId === undefined || field.listId === listId)
    .filter(field => valueType === undefined || field.valueType === valueType)
    .filter(field => entityType === undefined || field.entityType === entityType)
    .map(field => {
      const list = field.listId === null ? undefined : state.lists.get(field.listId);
      const name = isPrefixed && list !== undefined ? `[${list.name}] ${field.name}` : field.name;
      return show.field({ ...field, name }, isOptionsShown);
    });
}

function listFieldValues(call: AffinityCall): unknown {
  const { state, query } = call;
  const names = ['person_id', 'organization_id', 'opportunity_id', 'list_entry_id'].filter(name => query.has(name));
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new AffinityError(422, 'Exactly one of person_id, organization_id, opportunity_id, list_entry_id is needed.');
  }
  const entityId = Number(query.get(name));
  if (name === 'list_entry_id') {
    const entry = state.listEntries.get(entityId);
    if (entry === undefined) throw notFound('List entry', entityId);
    return show.fieldValues(state, entry.entity_type, { entityId: entry.entity_id, cells: entry.cells, entry });
  }
  const entityType = name === 'person_id' ? PERSON : name === 'organization_id' ? ORGANIZATION : OPPORTUNITY;
  const cells =
    entityType === PERSON
      ? state.persons.get(entityId)?.cells
      : entityType === ORGANIZATION
        ? state.organizations.get(entityId)?.cells
        : state.opportunities.get(entityId) && [];
  if (cells === undefined) throw notFound('Entity', entityId);
  return [
    ...show.fieldValues(state, entityType, { entityId, cells, entry: undefined }),
    ...entriesOf(state, entityType, entityId).flatMap(entry =>
      show.fieldValues(state, entityType, { entityId, cells: entry.cells, entry }),
    ),
  ];
}

/** Without `page_size` one bare array of everything. */
function listEntries(call: AffinityCall): unknown {
  const list = requireList(call);
  const entries = call.state.entriesOfList.get(list.id) ?? createSortedTable();
  if (!call.query.has('page_size')) return [...entries.values()].map(entry => show.entry(call.state, entry));
  return v1Page(call, entries, { name: 'list_entries', show: entry => show.entry(call.state, entry) });
}

function listNotes(call: AffinityCall): unknown {
  const { query, state } = call;
  const wanted = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const creator = wanted('creator_id');
  const about: readonly [number | undefined, Links][] = [
    [wanted('person_id'), state.links.notesOfPerson],
    [wanted('organization_id'), state.links.notesOfOrganization],
    [wanted('opportunity_id'), state.links.notesOfOpportunity],
  ];
  // Through the links, so that the notes of one record cost no look at those of all others.
  let notes = state.notes;
  for (const [id, links] of about) if (id !== undefined) notes = notes.only(links.of(id));
  return v1Page(call, notes, {
    name: 'notes',
    show: show.note,
    passes: note => isVisible(state, note) && (creator === undefined || note.creator_id === creator),
  });
}

function requirePerson(call: AffinityCall): Person {
  const id = idOf(call);
  const person = call.state.persons.get(id);
  if (person === undefined) throw goneOrMerged('Person', id, call.state.mergedPersons.get(id));
  return person;
}

function requireOrganization(call: AffinityCall): Organization {
  const id = idOf(call);
  const organization = call.state.organizations.get(id);
  if (organization === undefined) throw goneOrMerged('Organization', id, call.state.mergedOrganizations.get(id));
  return organization;
}

function goneOrMerged(what: string, id: number, winner: number | undefined): AffinityError {
  if (winner === undefined) return notFound(what, id);
  return new AffinityError(422, `${id} no longer exists as it has been merged into ${winner}`);
}

function requireList(call: AffinityCall) {
  const list = call.state.lists.get(idOf(call));
  if (list === undefined) throw notFound('List', call.params.id ?? '');
  return list;
}
