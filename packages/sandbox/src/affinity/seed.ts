import { z } from 'zod';
import { affinityIdsSchema } from '../control/types.ts';
import { SeedError } from '../workspace.ts';
import { readCells } from './cells.ts';
import { type EntityType, type Field, OPPORTUNITY, ORGANIZATION, PERSON } from './model.ts';
import { type AffinityState, fieldsOf } from './state.ts';
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

const id = z.number().int().positive();
const ids = z.array(id).default([]);
const values = z.record(z.string(), z.unknown()).optional();
const entityType = z.union([z.literal(PERSON), z.literal(ORGANIZATION), z.literal(OPPORTUNITY)]);
const instant = z.string().refine(text => !Number.isNaN(Date.parse(text)), 'is not a time');
/** The moment that everything is said to be from which says no moment of its own. */
const LONG_AGO = '2024-01-02T09:00:00.000-08:00';

const rowSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('person'),
    id,
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    primary_email: z.string().nullish(),
    emails: z.array(z.string()).default([]),
    organization_ids: ids,
    current_organization_ids: z.array(id).optional(),
    type: z.union([z.literal(0), z.literal(1)]).default(0),
    values,
  }),
  z.strictObject({
    kind: z.literal('organization'),
    id,
    name: z.string(),
    domain: z.string().nullish(),
    domains: z.array(z.string()).default([]),
    global: z.boolean().default(false),
    values,
  }),
  z.strictObject({
    kind: z.literal('user'),
    id,
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    emails: z.array(z.string()).optional(),
    status: z.enum(['active', 'deactivated', 'invited']).default('active'),
  }),
  z.strictObject({
    kind: z.literal('field'),
    id,
    name: z.string(),
    entity_type: entityType,
    list_id: id.nullish(),
    value_type: z.number().int(),
    allows_multiple: z.boolean().default(false),
    track_changes: z.boolean().default(false),
    enrichment_source: z.string().default('none'),
    dropdown_options: z
      .array(
        z.strictObject({
          id,
          text: z.string(),
          rank: z.number().int().default(0),
          color: z.number().int().default(0),
        }),
      )
      .default([]),
  }),
  z.strictObject({
    kind: z.literal('list'),
    id,
    name: z.string(),
    type: entityType,
    public: z.boolean().default(true),
    owner_id: id.optional(),
    creator_id: id.optional(),
  }),
  z.strictObject({
    kind: z.literal('opportunity'),
    id,
    name: z.string(),
    list_id: id,
    person_ids: ids,
    organization_ids: ids,
  }),
  z.strictObject({
    kind: z.literal('list_entry'),
    id,
    list_id: id,
    entity_id: id,
    creator_id: id.nullish(),
    created_at: instant.default(LONG_AGO),
    values,
  }),
  z.strictObject({
    kind: z.literal('note'),
    id,
    content: z.string(),
    html: z.string().optional(),
    creator_id: id.optional(),
    person_ids: ids,
    organization_ids: ids,
    opportunity_ids: ids,
    parent_id: id.nullish(),
    created_at: instant.default(LONG_AGO),
    updated_at: instant.nullish(),
  }),
  z.strictObject({
    kind: z.literal('merge'),
    entity: z.enum(['person', 'organization']),
    loser: id,
    winner: id,
  }),
]);

type Row = z.infer<typeof rowSchema>;

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
      return putOpportunity(state, row);
    case 'list_entry':
      return seedListEntry(state, row);
    case 'note':
      return putNote(state, {
        ...row,
        html: row.html ?? `<p>${escapeHtml(row.content)}</p>`,
        creator_id: row.creator_id ?? null,
        parent_id: row.parent_id ?? null,
        updated_at: row.updated_at ?? null,
      });
    case 'merge':
      return seedMerge(state, row);
  }
}

/** Named one by one: what the schema carries besides, such as the raw values, must not stay in memory. */
function seedPerson(state: AffinityState, row: Extract<Row, { kind: 'person' }>): void {
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
  });
}

function seedOrganization(state: AffinityState, row: Extract<Row, { kind: 'organization' }>): void {
  putOrganization(state, {
    id: row.id,
    name: row.name,
    domain: row.domain ?? row.domains[0] ?? null,
    domains: row.domains.length === 0 ? listOf(row.domain) : row.domains,
    global: row.global,
    cells: readCells(state, ORGANIZATION, null, row.values),
  });
}

function seedList(state: AffinityState, row: Extract<Row, { kind: 'list' }>): void {
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
    count(gone.notes, deleteNote)
  );
}

function seedUser(state: AffinityState, row: Extract<Row, { kind: 'user' }>): void {
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
  });
}

function seedField(state: AffinityState, row: Extract<Row, { kind: 'field' }>): void {
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
    options: row.dropdown_options,
    optionByText: new Map(row.dropdown_options.map(option => [option.text, option])),
    ordinal: former?.ordinal ?? fieldsOf(state, row.entity_type, listId).length,
    serial: former?.serial ?? state.fields.size,
  };
  state.fields.set(field.id, field);
}

function seedListEntry(state: AffinityState, row: Extract<Row, { kind: 'list_entry' }>): void {
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
  });
}

function seedMerge(state: AffinityState, row: Extract<Row, { kind: 'merge' }>): void {
  if (row.entity === 'person') {
    deletePerson(state, row.loser);
    state.mergedPersons.set(row.loser, row.winner);
  } else {
    deleteOrganization(state, row.loser);
    state.mergedOrganizations.set(row.loser, row.winner);
  }
}

const listOf = (value: string | null | undefined): string[] => (value === null || value === undefined ? [] : [value]);

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>');
