import type { AttributeHome, NewAttribute, SchemaChange, ValueType } from '@freight/contracts';
import { z } from 'zod';
import type { CrmCall } from '../call.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { attio } from './vendor.ts';

/** Attio's names of our types, where they differ. */
const typeNames: Partial<Record<ValueType, string>> = {
  option: 'select',
  email: 'email-address',
  phone: 'phone-number',
  personName: 'personal-name',
  user: 'actor-reference',
  record: 'record-reference',
};

const titled = z.object({ data: z.array(z.object({ title: z.string(), is_archived: z.boolean().catch(false) })) });

const attributesOf = (home: AttributeHome) => {
  const kind = home.kind === 'object' ? 'objects' : 'lists';
  return {
    route: `/v2/${kind}/{${home.kind}}/attributes`,
    path: `/v2/${kind}/${encodeURIComponent(home.slug)}/attributes`,
  };
};

const configOf = (attribute: NewAttribute): object => {
  if (attribute.type === 'record') return { record_reference: { allowed_objects: attribute.objects ?? [] } };
  if (attribute.type === 'currency') {
    return { currency: { default_currency_code: attribute.currency ?? 'USD', display_type: 'code' } };
  }
  return {};
};

/** Sends a creation that may be repeated: what is there already under the same name is what was wanted. */
const create = async (client: CrmClient, call: Pick<CrmCall, 'route' | 'path' | 'body'>, signal: AbortSignal) => {
  try {
    await client.call({ method: 'POST', callClass: 'write', isRepeatable: true, ...call }, signal);
  } catch (error) {
    if (!(error instanceof CrmError && error.vendorCode === 'slug_conflict')) throw error;
  }
};

const addList = (client: CrmClient, change: Extract<SchemaChange, { kind: 'list' }>, signal: AbortSignal) => {
  const isPrivate = change.access === 'owner' && change.ownerId !== null;
  return create(
    client,
    {
      route: '/v2/lists',
      path: '/v2/lists',
      body: {
        data: {
          name: change.name,
          api_slug: change.slug,
          parent_object: change.objectSlug,
          workspace_access: isPrivate ? null : 'full-access',
          workspace_member_access: isPrivate ? [{ workspace_member_id: change.ownerId, level: 'full-access' }] : [],
        },
      },
    },
    signal,
  );
};

const addAttribute = (client: CrmClient, change: Extract<SchemaChange, { kind: 'attribute' }>, signal: AbortSignal) => {
  const { attribute } = change;
  return create(
    client,
    {
      ...attributesOf(change.home),
      body: {
        data: {
          title: attribute.title,
          description: null,
          api_slug: change.slug,
          type: typeNames[attribute.type] ?? attribute.type,
          is_required: false,
          is_unique: false,
          is_multiselect: attribute.isMultiple,
          config: configOf(attribute),
        },
      },
    },
    signal,
  );
};

type OptionChange = Extract<SchemaChange, { kind: 'option' }>;

/** Adds what is missing of an attribute's options. Whether they are options or statuses, only the attribute knows. */
const addOptions = async (client: CrmClient, changes: readonly OptionChange[], signal: AbortSignal): Promise<void> => {
  const [first] = changes;
  if (first === undefined) return;
  const { route, path } = attributesOf(first.home);
  const attribute: CrmCall = {
    method: 'GET',
    callClass: 'read',
    route: `${route}/{attribute}`,
    path: `${path}/${encodeURIComponent(first.slug)}`,
  };
  const type = z.object({ data: z.object({ type: z.string() }) }).safeParse(await client.call(attribute, signal));
  if (!type.success) throw oddAnswer({ vendor: attio, call: attribute });
  const part = type.data.data.type === 'status' ? 'statuses' : 'options';
  const place = { route: `${attribute.route}/${part}`, path: `${attribute.path ?? ''}/${part}` };
  const listing: CrmCall = {
    method: 'GET',
    callClass: 'read',
    route: place.route,
    path: `${place.path}?show_archived=true`,
  };
  const parsed = titled.safeParse(await client.call(listing, signal));
  if (!parsed.success) throw oddAnswer({ vendor: attio, call: listing });
  const present = new Set(parsed.data.data.map(option => option.title));
  for (const { title } of changes) {
    if (!present.has(title)) await create(client, { ...place, body: { data: { title } } }, signal);
  }
};

/** Carries out what a mapping adds to a workspace: lists, then attributes, then options. Safe to repeat. */
export const applyChanges = async (
  client: CrmClient,
  changes: readonly SchemaChange[],
  signal: AbortSignal,
): Promise<void> => {
  for (const change of changes) if (change.kind === 'list') await addList(client, change, signal);
  for (const change of changes) if (change.kind === 'attribute') await addAttribute(client, change, signal);
  const options = changes.filter(change => change.kind === 'option');
  const attributes = Map.groupBy(options, change => `${change.home.kind} ${change.home.slug} ${change.slug}`);
  for (const group of attributes.values()) await addOptions(client, group, signal);
};
