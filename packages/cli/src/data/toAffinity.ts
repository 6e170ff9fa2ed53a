import type { AffinityRow } from '@freight/sandbox';
import { type CellContext, type GlobalField, organizationFields, personFields } from './affinityFields.ts';
import { createListColumns, type ListColumns } from './listFields.ts';
import type { CrmData, CrmFrame, CrmPart, ListRow, UserRow } from './rows.ts';

/** Affinity's integers for kinds of entities. */
const entityTypes = { person: 0, organization: 1, opportunity: 8 } as const;

/** Users are internal persons and share the persons' ids, while a person's id is its place in its file: so users start here. */
const firstUserId = 100_000_001;
const firstFieldId = { organizations: 1_001, persons: 2_001, lists: 10_001 } as const;
/** More fields than any list has. */
const fieldIdsPerList = 100;

/** First name up to the first space, last name the rest. */
export const splitName = (name: string): { readonly first: string; readonly last: string } => {
  const [first = '', ...rest] = name.trim().split(' ');
  return { first, last: rest.join(' ') };
};

const fieldLines = <R>(fields: readonly GlobalField<R>[], firstId: number, entityType: 0 | 1): AffinityRow[] =>
  fields.map((field, index) => ({
    kind: 'field',
    id: firstId + index,
    name: field.name,
    entity_type: entityType,
    value_type: field.valueType,
    allows_multiple: field.multiple ?? false,
  }));

const valuesOf = <R>(fields: readonly GlobalField<R>[], firstId: number, row: R, context: CellContext) =>
  Object.fromEntries(
    fields.flatMap((field, index) => {
      const value = field.cell(row, context);
      const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
      return isEmpty ? [] : [[String(firstId + index), value]];
    }),
  );

const userLine = (user: UserRow, index: number): AffinityRow => {
  const { first, last } = splitName(user.name);
  return { kind: 'user', id: firstUserId + index, first_name: first, last_name: last, email: user.email };
};

/** What the parts refer to. */
interface Frame {
  readonly context: CellContext;
  readonly lists: ReadonlyMap<string, { readonly id: number; readonly columns: ListColumns }>;
}

/** How many rows of each kind came in earlier parts: ids go on from there. */
interface Offsets {
  organizations: number;
  persons: number;
  opportunities: number;
  listEntries: number;
  notes: number;
}

/**
 * The rows as lines for the stand-in, exactly as vc-crm's table "As Affinity" says: numeric ids are places in the file, from 1, and the
 * row's own id goes into the text field Source ID. Fields come before the rows that use them.
 */
export const toAffinity = (data: CrmData): Generator<AffinityRow> => partsToAffinity(data, [data]);

/** The same for a CRM that comes in parts and is never held as a whole: each kind's ids are counted through all parts. */
export function* partsToAffinity(frame: CrmFrame, parts: Iterable<CrmPart>): Generator<AffinityRow> {
  const userIndex = new Map(frame.users.map((user, index) => [user.id, index]));
  const context: CellContext = { personIdOfUser: id => firstUserId + (userIndex.get(id) ?? 0) };
  yield* fieldLines(organizationFields, firstFieldId.organizations, entityTypes.organization);
  yield* fieldLines(personFields, firstFieldId.persons, entityTypes.person);
  yield* frame.users.map(userLine);

  const lists = new Map<string, { readonly id: number; readonly columns: ListColumns }>();
  for (const [index, list] of frame.lists.entries()) {
    const columns = createListColumns(list, firstFieldId.lists + index * fieldIdsPerList);
    lists.set(list.id, { id: index + 1, columns });
    yield* listLines(list, index + 1, columns);
  }
  const offsets: Offsets = { organizations: 0, persons: 0, opportunities: 0, listEntries: 0, notes: 0 };
  for (const part of parts) {
    yield* partLines({ context, lists }, part, offsets);
    for (const kind of Object.keys(offsets) as (keyof Offsets)[]) offsets[kind] += part[kind].length;
  }
}

function* listLines(list: ListRow, id: number, { columns, ownersId }: ListColumns): Generator<AffinityRow> {
  yield { kind: 'list', id, name: list.name, type: entityTypes[list.entity_type], owner_id: firstUserId };
  for (const column of columns) {
    yield {
      kind: 'field',
      id: column.id,
      name: column.name,
      entity_type: entityTypes[list.entity_type],
      list_id: id,
      value_type: column.valueType,
      allows_multiple: column.id === ownersId,
    };
  }
}

/** Ids by the rows' own ids. */
const numbersOf = (rows: readonly { readonly id: string }[], before: number): ReadonlyMap<string, number> =>
  new Map(rows.map((row, index) => [row.id, before + index + 1]));

const idsIn = (numbers: ReadonlyMap<string, number>, ids: readonly string[]): number[] =>
  ids.flatMap(id => numbers.get(id) ?? []);

function* partLines(frame: Frame, part: CrmPart, before: Readonly<Offsets>): Generator<AffinityRow> {
  const { context, lists } = frame;
  const numbers = {
    organization: numbersOf(part.organizations, before.organizations),
    person: numbersOf(part.persons, before.persons),
    opportunity: numbersOf(part.opportunities, before.opportunities),
  };
  for (const [index, row] of part.organizations.entries()) {
    yield {
      kind: 'organization',
      id: before.organizations + index + 1,
      name: row.name,
      domain: row.domains[0] ?? null,
      domains: row.domains,
      values: valuesOf(organizationFields, firstFieldId.organizations, row, context),
    };
  }
  for (const [index, row] of part.persons.entries()) {
    yield {
      kind: 'person',
      id: before.persons + index + 1,
      first_name: row.first_name,
      last_name: row.last_name,
      primary_email: row.emails[0] ?? null,
      emails: row.emails,
      organization_ids: idsIn(numbers.organization, row.organization_ids),
      values: valuesOf(personFields, firstFieldId.persons, row, context),
    };
  }

  const listOfOpportunity = new Map(
    part.listEntries.flatMap(entry =>
      entry.entity_type === 'opportunity' ? [[entry.entity_id, lists.get(entry.list_id)?.id ?? 0] as const] : [],
    ),
  );
  const ownerOf = new Map(part.opportunities.map(row => [row.id, row.owner_id]));
  for (const [index, row] of part.opportunities.entries()) {
    yield {
      kind: 'opportunity',
      id: before.opportunities + index + 1,
      name: row.name,
      list_id: listOfOpportunity.get(row.id) ?? 0,
      person_ids: idsIn(numbers.person, row.person_ids),
      organization_ids: idsIn(numbers.organization, row.organization_ids),
    };
  }
  for (const [index, row] of part.listEntries.entries()) {
    const list = lists.get(row.list_id);
    if (list === undefined) continue;
    const owner = row.entity_type === 'opportunity' ? (ownerOf.get(row.entity_id) ?? null) : null;
    const { ownersId } = list.columns;
    yield {
      kind: 'list_entry',
      id: before.listEntries + index + 1,
      list_id: list.id,
      entity_id: numbers[row.entity_type].get(row.entity_id) ?? 0,
      ...(row.created_at === null ? {} : { created_at: row.created_at }),
      values: {
        ...list.columns.valuesOf(row.fields),
        ...(owner === null || ownersId === undefined ? {} : { [ownersId]: context.personIdOfUser(owner) }),
      },
    };
  }
  for (const [index, row] of part.notes.entries()) {
    yield {
      kind: 'note',
      id: before.notes + index + 1,
      // Affinity's notes have no title: it becomes the first line.
      content: row.title === null ? row.content : `${row.title}\n${row.content}`,
      creator_id: row.author_id === null ? firstUserId : context.personIdOfUser(row.author_id),
      person_ids: idsIn(numbers.person, row.person_ids),
      organization_ids: idsIn(numbers.organization, row.organization_ids),
      opportunity_ids: idsIn(numbers.opportunity, row.opportunity_ids),
      ...(row.created_at === null ? {} : { created_at: row.created_at }),
    };
  }
}
