import type {
  CrmObject,
  FieldType,
  TargetAttribute,
  TargetList,
  TargetMember,
  TargetObject,
  TargetSchema,
  ValueType,
} from '@freight/contracts';
import { z } from 'zod';
import type { CrmCall } from '../call.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { attio } from './vendor.ts';

/** Attio's attribute types. `interaction` and `rating` are kinds that no source of ours has values for. */
const types: Readonly<Record<string, FieldType>> = {
  text: 'text',
  number: 'number',
  checkbox: 'checkbox',
  currency: 'currency',
  date: 'date',
  timestamp: 'timestamp',
  select: 'option',
  status: 'status',
  'email-address': 'email',
  domain: 'domain',
  'phone-number': 'phone',
  location: 'location',
  'personal-name': 'personName',
  'actor-reference': 'user',
  'record-reference': 'record',
};

/** What can be added anywhere; whether own attributes of addresses and domains can be, the vendor's pages do not agree on. */
const creatable = [
  'text',
  'number',
  'checkbox',
  'currency',
  'date',
  'timestamp',
  'option',
  'phone',
  'location',
  'user',
  'record',
] as const satisfies readonly ValueType[];
const multiple: readonly ValueType[] = ['option', 'record', 'user', 'email', 'phone', 'domain'];
/** Refused, or confusing beside the vendor's own. */
const reservedSlugs = ['record_id', 'entry_id', 'list_id', 'id', 'created_at', 'created_by', 'parent_record'] as const;

/** The standard objects, and the attributes that are made for fields of ours, by role. */
const standard: Readonly<
  Record<string, { readonly object: CrmObject; readonly holds: Readonly<Record<string, string>> }>
> = {
  companies: {
    object: 'organizations',
    holds: {
      name: 'name',
      domains: 'domains',
      description: 'description',
      linkedin: 'linkedin',
      twitter: 'twitter',
      primary_location: 'location',
    },
  },
  people: {
    object: 'persons',
    holds: {
      name: 'name',
      email_addresses: 'emails',
      company: 'organizations',
      job_title: 'jobTitles',
      phone_numbers: 'phones',
      description: 'description',
      linkedin: 'linkedin',
      twitter: 'twitter',
      primary_location: 'location',
    },
  },
  deals: {
    object: 'opportunities',
    holds: {
      name: 'name',
      stage: 'stage',
      owner: 'owners',
      value: 'amount',
      associated_company: 'organizations',
      associated_people: 'persons',
    },
  },
};

const objectRow = z.object({
  id: z.object({ object_id: z.string() }),
  api_slug: z.string(),
  plural_noun: z.string().nullish(),
});
const attributeRow = z.object({
  api_slug: z.string(),
  title: z.string(),
  type: z.string(),
  is_multiselect: z.boolean(),
  is_unique: z.boolean().catch(false),
  is_required: z.boolean().catch(false),
  is_writable: z.boolean().catch(true),
  is_archived: z.boolean().catch(false),
  config: z
    .object({
      currency: z.object({ default_currency_code: z.string().nullish() }).nullish().catch(null),
      record_reference: z
        .object({ allowed_object_ids: z.array(z.string()).nullish() })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});
const optionRow = z.object({ title: z.string(), is_archived: z.boolean().catch(false) });
const listRow = z.object({ api_slug: z.string(), name: z.string(), parent_object: z.array(z.string()) });
const memberRow = z.object({
  id: z.object({ workspace_member_id: z.string() }),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  email_address: z.string(),
  access_level: z.string().catch('member'),
});

const readRows = async <T>(
  client: CrmClient,
  call: Pick<CrmCall, 'route' | 'path'>,
  row: z.ZodType<T>,
  signal: AbortSignal,
): Promise<readonly T[]> => {
  const whole: CrmCall = { method: 'GET', callClass: 'read', ...call };
  const parsed = z.object({ data: z.array(z.unknown()) }).safeParse(await client.call(whole, signal));
  if (!parsed.success) throw oddAnswer({ vendor: attio, call: whole });
  return parsed.data.data.flatMap(one => row.safeParse(one).data ?? []);
};

interface Home {
  readonly kind: 'objects' | 'lists';
  readonly slug: string;
}

/** @param slugs of the objects by id: references are configured by ids. */
const readAttributes = async (
  client: CrmClient,
  home: Home,
  slugs: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<TargetAttribute[]> => {
  const route = `/v2/${home.kind}/{${home.kind === 'objects' ? 'object' : 'list'}}/attributes`;
  const base = `/v2/${home.kind}/${home.slug}/attributes`;
  const rows = await readRows(client, { route, path: `${base}?show_archived=true` }, attributeRow, signal);
  const attributes: TargetAttribute[] = [];
  for (const row of rows) {
    const type = types[row.type] ?? 'other';
    const part = { option: 'options', status: 'statuses' }[type as string];
    const options =
      part === undefined
        ? undefined
        : await readRows(
            client,
            { route: `${route}/{attribute}/${part}`, path: `${base}/${row.api_slug}/${part}?show_archived=true` },
            optionRow,
            signal,
          );
    const allowed = row.config?.record_reference?.allowed_object_ids ?? [];
    const currency = row.config?.currency?.default_currency_code;
    const holds = home.kind === 'objects' ? standard[home.slug]?.holds[row.api_slug] : undefined;
    attributes.push({
      slug: row.api_slug,
      title: row.title,
      type,
      isMultiple: row.is_multiselect,
      isUnique: row.is_unique,
      isRequired: row.is_required,
      isWritable: row.is_writable,
      isArchived: row.is_archived,
      ...(options === undefined
        ? {}
        : { options: options.map(one => ({ title: one.title, isArchived: one.is_archived })) }),
      ...(type === 'record' ? { objects: allowed.flatMap(id => slugs.get(id) ?? []) } : {}),
      ...(type === 'currency' && currency ? { currency } : {}),
      ...(holds === undefined ? {} : { holds }),
    });
  }
  return attributes;
};

const readObjects = async (client: CrmClient, signal: AbortSignal): Promise<TargetObject[]> => {
  const rows = await readRows(client, { route: '/v2/objects' }, objectRow, signal);
  const slugs = new Map(rows.map(row => [row.id.object_id, row.api_slug]));
  const objects: TargetObject[] = [];
  for (const row of rows) {
    const object = standard[row.api_slug]?.object ?? null;
    objects.push({
      slug: row.api_slug,
      name: row.plural_noun ?? row.api_slug,
      object,
      isEnabled: true,
      attributes: await readAttributes(client, { kind: 'objects', slug: row.api_slug }, slugs, signal),
      // People and companies take no status.
      creatable: object === 'organizations' || object === 'persons' ? [...creatable] : [...creatable, 'status'],
    });
  }
  // An object that is switched off is not listed at all.
  for (const [slug, { object }] of Object.entries(standard)) {
    if (objects.some(one => one.slug === slug)) continue;
    const name = `${slug.charAt(0).toUpperCase()}${slug.slice(1)}`;
    objects.push({ slug, name, object, isEnabled: false, attributes: [], creatable: [] });
  }
  return objects;
};

const readLists = async (client: CrmClient, signal: AbortSignal): Promise<TargetList[]> => {
  const lists: TargetList[] = [];
  for (const row of await readRows(client, { route: '/v2/lists' }, listRow, signal)) {
    const attributes = await readAttributes(client, { kind: 'lists', slug: row.api_slug }, new Map(), signal);
    lists.push({ slug: row.api_slug, name: row.name, objectSlug: row.parent_object[0] ?? '', attributes });
  }
  return lists;
};

const readMembers = async (client: CrmClient, signal: AbortSignal): Promise<TargetMember[]> => {
  const rows = await readRows(client, { route: '/v2/workspace_members' }, memberRow, signal);
  return rows.map(row => ({
    id: row.id.workspace_member_id,
    name: [row.first_name, row.last_name].filter(Boolean).join(' '),
    email: row.email_address,
    isActive: row.access_level !== 'suspended',
  }));
};

/** Nothing, where the token may not see it: a mapping can be made without, and says what is missing. */
const unlessRefused = async <T>(read: Promise<T[]>): Promise<T[]> => {
  try {
    return await read;
  } catch (error) {
    if (error instanceof CrmError && (error.kind === 'unauthorized' || error.kind === 'not_found')) return [];
    throw error;
  }
};

/** What an Attio workspace holds, and what can be added to it. A call for each object, list, and attribute with options. */
export const readAttioSchema = async (client: CrmClient, signal: AbortSignal): Promise<TargetSchema> => ({
  system: 'attio',
  objects: await readObjects(client, signal),
  lists: await unlessRefused(readLists(client, signal)),
  members: await unlessRefused(readMembers(client, signal)),
  creatableOnLists: [...creatable, 'status'],
  multiple: [...multiple],
  reservedSlugs: [...reservedSlugs],
});
