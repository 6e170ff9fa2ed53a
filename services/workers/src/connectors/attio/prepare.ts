import { z } from 'zod';
import type { CrmCall } from '../call.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import type { AttioObject, OwnAttribute } from './objects.ts';
import { attio } from './vendor.ts';

const attribute = z.object({
  api_slug: z.string(),
  type: z.string(),
  is_multiselect: z.boolean(),
  is_unique: z.boolean().catch(false),
  is_archived: z.boolean(),
});
type Attribute = z.infer<typeof attribute>;
const listing = z.object({ data: z.array(attribute) });

const route = '/v2/objects/{object}/attributes';

const readAttributes = async (client: CrmClient, object: AttioObject, signal: AbortSignal) => {
  const call: CrmCall = {
    method: 'GET',
    route,
    path: `/v2/objects/${object.slug}/attributes?show_archived=true`,
    callClass: 'read',
  };
  const parsed = listing.safeParse(await client.call(call, signal));
  if (!parsed.success) throw oddAnswer({ vendor: attio, call });
  return new Map(parsed.data.data.map(item => [item.api_slug, item]));
};

const isMultiple = (wanted: OwnAttribute): boolean => wanted.type !== 'text';

const createAttribute = async (client: CrmClient, object: AttioObject, wanted: OwnAttribute, signal: AbortSignal) => {
  const call: CrmCall = {
    method: 'POST',
    route,
    path: `/v2/objects/${object.slug}/attributes`,
    callClass: 'write',
    isRepeatable: true,
    body: {
      data: {
        title: wanted.title,
        description: wanted.description,
        api_slug: wanted.slug,
        type: wanted.type,
        is_required: false,
        is_unique: wanted.isUnique === true,
        is_multiselect: isMultiple(wanted),
        config:
          wanted.type === 'record-reference'
            ? { record_reference: { allowed_objects: wanted.allowedObjects ?? [] } }
            : {},
      },
    },
  };
  try {
    await client.call(call, signal);
  } catch (error) {
    // Somebody else was quicker, perhaps ourselves, with a call whose reply was lost.
    if (!(error instanceof CrmError && error.vendorCode === 'slug_conflict')) throw error;
  }
};

/** An archived attribute keeps its slug: it is taken back rather than made again. */
const restoreAttribute = (client: CrmClient, object: AttioObject, wanted: OwnAttribute, signal: AbortSignal) =>
  client.call(
    {
      method: 'PATCH',
      route: `${route}/{attribute}`,
      path: `/v2/objects/${object.slug}/attributes/${wanted.slug}`,
      callClass: 'write',
      isRepeatable: true,
      body: { data: { is_archived: false } },
    },
    signal,
  );

const isUsable = (found: Attribute, wanted: OwnAttribute): boolean =>
  found.type === wanted.type &&
  found.is_multiselect === isMultiple(wanted) &&
  (found.is_unique || wanted.isUnique !== true);

/**
 * Makes sure that an object has our attributes: missing ones are made, archived ones taken back. What was made is read again, so that two at once
 * both end with the same, whoever made it.
 * @throws CrmError `rejected` with vendorCode `attribute_mismatch` when one of that slug is there but of another type; types can't be changed.
 */
export const prepareObject = async (client: CrmClient, object: AttioObject, signal: AbortSignal): Promise<void> => {
  let present = await readAttributes(client, object, signal);
  const missing = object.own.filter(wanted => !present.has(wanted.slug));
  for (const wanted of missing) await createAttribute(client, object, wanted, signal);
  if (missing.length > 0) present = await readAttributes(client, object, signal);
  for (const wanted of object.own) {
    const found = present.get(wanted.slug);
    if (found === undefined || !isUsable(found, wanted)) {
      const kind = wanted.isUnique === true ? `unique ${wanted.type}` : wanted.type;
      throw new CrmError(`Attio's ${object.slug} need an attribute ${wanted.slug} of type ${kind}`, {
        kind: 'rejected',
        vendorCode: 'attribute_mismatch',
      });
    }
    if (found.is_archived) await restoreAttribute(client, object, wanted, signal);
  }
};
