import type { AffinityRow } from '@freight/sandbox';
import { type CellContext, type GlobalField, organizationFields, personFields } from './affinityFields.ts';
import type { CrmData, UserRow } from './rows.ts';

/** Affinity's integers for kinds of entities. */
const entityTypes = { person: 0, organization: 1 } as const;

/** Users are internal persons and share the persons' ids, while a person's id is its place in its file: so users start here. */
const firstUserId = 1_000_001;
const firstFieldId = { organizations: 1_001, persons: 2_001 } as const;

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

/**
 * The rows as lines for the stand-in, exactly as vc-crm's table "As Affinity" says: numeric ids are places in the file, from 1, and the
 * row's own id goes into the text field Source ID. Fields come before the rows that use them.
 */
export function* toAffinity(data: CrmData): Generator<AffinityRow> {
  const userIndex = new Map(data.users.map((user, index) => [user.id, index]));
  const organizationNumber = new Map(data.organizations.map((row, index) => [row.id, index + 1]));
  const context: CellContext = { personIdOfUser: id => firstUserId + (userIndex.get(id) ?? 0) };

  yield* fieldLines(organizationFields, firstFieldId.organizations, entityTypes.organization);
  yield* fieldLines(personFields, firstFieldId.persons, entityTypes.person);
  yield* data.users.map(userLine);
  for (const [index, row] of data.organizations.entries()) {
    yield {
      kind: 'organization',
      id: index + 1,
      name: row.name,
      domain: row.domains[0] ?? null,
      domains: row.domains,
      values: valuesOf(organizationFields, firstFieldId.organizations, row, context),
    };
  }
  for (const [index, row] of data.persons.entries()) {
    yield {
      kind: 'person',
      id: index + 1,
      first_name: row.first_name,
      last_name: row.last_name,
      primary_email: row.emails[0] ?? null,
      emails: row.emails,
      organization_ids: row.organization_ids.flatMap(id => organizationNumber.get(id) ?? []),
      values: valuesOf(personFields, firstFieldId.persons, row, context),
    };
  }
}
