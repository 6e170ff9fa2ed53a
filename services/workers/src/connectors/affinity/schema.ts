import type { FieldType, SourceField, SourceList, SourceSchema, SourceUser } from '@freight/contracts';
import { z } from 'zod';
import type { CrmCall } from '../call.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { roleOf } from './fields.ts';
import { readAll } from './listing.ts';
import { type FieldMetadata, fieldMetadata } from './shapes.ts';
import { affinity } from './vendor.ts';

/** v2's value types; a name that is not here is a kind that we do not move. */
const types: Readonly<Record<string, { readonly type: FieldType; readonly isMultiple: boolean }>> = {
  text: { type: 'text', isMultiple: false },
  'filterable-text': { type: 'text', isMultiple: false },
  'filterable-text-multi': { type: 'text', isMultiple: true },
  number: { type: 'number', isMultiple: false },
  'number-multi': { type: 'number', isMultiple: true },
  // A field of people's own holds days, written as moments; see the reader.
  datetime: { type: 'date', isMultiple: false },
  location: { type: 'location', isMultiple: false },
  'location-multi': { type: 'location', isMultiple: true },
  dropdown: { type: 'option', isMultiple: false },
  'dropdown-multi': { type: 'option', isMultiple: true },
  'ranked-dropdown': { type: 'status', isMultiple: false },
  'status-dropdown': { type: 'status', isMultiple: false },
  person: { type: 'record', isMultiple: false },
  'person-multi': { type: 'record', isMultiple: true },
  company: { type: 'record', isMultiple: false },
  'company-multi': { type: 'record', isMultiple: true },
  'formula-number': { type: 'number', isMultiple: false },
};

/** v1's fields: what v2's metadata lacks. */
const fieldV1 = z.object({
  id: z.number().int(),
  dropdown_options: z.array(z.object({ text: z.string(), rank: z.number().nullish() })).catch([]),
});
const listV1 = z.object({ id: z.number().int(), list_size: z.number().int().nonnegative().nullish().catch(null) });
const list = z.object({
  id: z.number().int(),
  name: z.string(),
  type: z.enum(['company', 'person', 'opportunity']),
  isPublic: z.boolean().catch(false),
  ownerId: z.number().int().nullish().catch(null),
});
const text = z.string().nullish().catch(null);
const user = z.object({
  id: z.number().int(),
  firstName: text,
  lastName: text,
  primaryEmailAddress: text,
  emailAddresses: z.array(z.string()).catch([]),
  status: text,
});

const objectOf = { company: 'organizations', person: 'persons', opportunity: 'opportunities' } as const;

const readV1 = async <T>(client: CrmClient, route: string, row: z.ZodType<T>, signal: AbortSignal): Promise<T[]> => {
  const call: CrmCall = { method: 'GET', route, callClass: 'read' };
  const parsed = z.array(z.unknown()).safeParse(await client.call(call, signal));
  if (!parsed.success) throw oddAnswer({ vendor: affinity, call });
  return parsed.data.flatMap(one => row.safeParse(one).data ?? []);
};

type Options = ReadonlyMap<string, readonly string[]>;

/** The options of every field, by v2's field id, in the order of their rank. */
const readOptions = async (client: CrmClient, signal: AbortSignal): Promise<Options> =>
  new Map(
    (await readV1(client, '/fields', fieldV1, signal)).map(one => [
      `field-${one.id}`,
      one.dropdown_options.toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0)).map(option => option.text),
    ]),
  );

const typeFor = (role: string | undefined, type: FieldType): FieldType => {
  // Owners are colleagues; other fields of persons may hold anybody.
  if (role === 'owners' && type === 'record') return 'user';
  return role === 'phones' && type === 'text' ? 'phone' : type;
};

const toField = (metadata: FieldMetadata, options: Options): SourceField => {
  const role = roleOf(metadata);
  const known = types[metadata.valueType] ?? { type: 'other' as const, isMultiple: false };
  const type = typeFor(role, known.type);
  const isChoice = type === 'option' || type === 'status';
  return {
    id: metadata.id,
    name: metadata.name,
    type,
    isMultiple: known.isMultiple,
    isEnriched: metadata.type === 'enriched' || metadata.type === 'relationship-intelligence',
    ...(role === undefined ? {} : { role }),
    ...(isChoice ? { options: [...(options.get(metadata.id) ?? [])] } : {}),
    ...(type === 'record'
      ? { objects: [metadata.valueType.startsWith('company') ? ('organizations' as const) : ('persons' as const)] }
      : {}),
  };
};

const readFields = async (
  client: CrmClient,
  route: string,
  options: Options,
  signal: AbortSignal,
): Promise<{ readonly metadata: FieldMetadata; readonly field: SourceField }[]> =>
  (await readAll(client, route, signal)).flatMap(row => {
    const metadata = fieldMetadata.safeParse(row).data;
    return metadata === undefined ? [] : [{ metadata, field: toField(metadata, options) }];
  });

const own = (id: string, name: string, rest: Pick<SourceField, 'type'> & Partial<SourceField>): SourceField => ({
  id,
  name,
  isMultiple: false,
  isEnriched: false,
  ...rest,
});

/** What every record has besides its fields. */
const ownFields = {
  organizations: [
    own('name', 'Name', { type: 'text' }),
    own('domains', 'Domains', { type: 'domain', isMultiple: true }),
  ],
  persons: [
    own('name', 'Name', { type: 'personName' }),
    own('emails', 'E-mail addresses', { type: 'email', isMultiple: true }),
    own('organizations', 'Organizations', { type: 'record', isMultiple: true, objects: ['organizations'] }),
  ],
  opportunities: [
    own('name', 'Name', { type: 'text' }),
    own('organizations', 'Organizations', { type: 'record', isMultiple: true, objects: ['organizations'] }),
    own('persons', 'Persons', { type: 'record', isMultiple: true, objects: ['persons'] }),
  ],
} as const satisfies Record<string, readonly SourceField[]>;

const readLists = async (client: CrmClient, options: Options, signal: AbortSignal): Promise<SourceList[]> => {
  const sizes = new Map((await readV1(client, '/lists', listV1, signal)).map(one => [one.id, one.list_size ?? null]));
  const lists: SourceList[] = [];
  for (const row of await readAll(client, '/v2/lists', signal)) {
    const found = list.safeParse(row).data;
    if (found === undefined) continue;
    const fields = await readFields(client, `/v2/lists/${found.id}/fields`, options, signal);
    lists.push({
      id: String(found.id),
      name: found.name,
      object: objectOf[found.type],
      isPublic: found.isPublic,
      ownerId: typeof found.ownerId === 'number' ? String(found.ownerId) : null,
      size: sizes.get(found.id) ?? null,
      // The others are the records' own, which a list only shows.
      fields: fields.filter(one => one.metadata.type === 'list').map(one => one.field),
    });
  }
  return lists;
};

/** The colleagues. Newer than the rest of the API: where an account lacks it, nobody is listed and owners are assigned by hand. */
export const readUsers = async (client: CrmClient, signal: AbortSignal): Promise<SourceUser[]> => {
  let rows: readonly unknown[];
  try {
    rows = await readAll(client, '/v2/users', signal);
  } catch (error) {
    if (error instanceof CrmError && error.kind === 'not_found') return [];
    throw error;
  }
  return rows.flatMap(row => {
    const found = user.safeParse(row).data;
    if (found === undefined) return [];
    const emails = [...(found.primaryEmailAddress ? [found.primaryEmailAddress] : []), ...found.emailAddresses];
    return [
      {
        id: String(found.id),
        name: [found.firstName, found.lastName].filter(Boolean).join(' '),
        emails: [...new Set(emails)],
        isActive: found.status !== 'deactivated',
      },
    ];
  });
};

/** What an Affinity account holds: its fields, lists and colleagues. A few calls, and two for each list. */
export const readAffinitySchema = async (client: CrmClient, signal: AbortSignal): Promise<SourceSchema> => {
  const options = await readOptions(client, signal);
  const fieldsOf = async (route: string) =>
    (await readFields(client, route, options, signal))
      // A person's organizations and former names come as fields, and are parts of the record.
      .filter(one => one.field.role !== 'organizations' && one.field.role !== 'formerNames')
      .map(one => one.field);
  const lists = await readLists(client, options, signal);
  return {
    system: 'affinity',
    objects: [
      {
        object: 'organizations',
        count: null,
        fields: [...ownFields.organizations, ...(await fieldsOf('/v2/companies/fields'))],
      },
      { object: 'persons', count: null, fields: [...ownFields.persons, ...(await fieldsOf('/v2/persons/fields'))] },
      {
        object: 'opportunities',
        // Each is on a list of its kind: without such a list there are none.
        count: lists.some(one => one.object === 'opportunities') ? null : 0,
        fields: [...ownFields.opportunities],
      },
    ],
    lists,
    users: await readUsers(client, signal),
  };
};
