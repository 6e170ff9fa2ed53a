import { z } from 'zod';
import type { CrmCall } from '../call.ts';
import type { TargetRecord, Wanted } from '../connector.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { type AttioObject, markerSlug, mergedSlug } from './objects.ts';
import { heldText, idPattern, propertiesOf, splitIds } from './values.ts';
import { attio } from './vendor.ts';

const record = z.object({
  id: z.object({ record_id: z.string().min(1) }),
  values: z.record(z.string(), z.unknown()),
});
const listing = z.object({ data: z.array(record) });
const single = z.object({ data: z.object({ id: record.shape.id }) });

/** The most that a query gives at once. */
const pageSize = 500;
/** Values in one query: keeps bodies near 20 kB. A guess. */
const valuesMax = 250;
/** Each of these is a search through all texts. A guess. */
const patternsMax = 50;

const chunksOf = <T>(items: readonly T[], size: number): (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

const toTargetRecord = (object: AttioObject, row: z.infer<typeof record>): TargetRecord => {
  const marker = heldText(row.values, markerSlug).trim();
  const merged = splitIds(heldText(row.values, mergedSlug));
  return {
    id: row.id.record_id,
    sourceIds: [...new Set([...(marker === '' ? [] : [marker]), ...merged])],
    keys:
      object.keys === null
        ? []
        : propertiesOf(row.values, object.keys.slug, object.keys.property).map(key => key.toLowerCase()),
    values: row.values,
  };
};

/** All records that a filter lets through, the oldest first, so that pages stay put while others write. */
const query = async (
  client: CrmClient,
  object: AttioObject,
  filter: unknown,
  signal: AbortSignal,
): Promise<TargetRecord[]> => {
  const found: TargetRecord[] = [];
  for (;;) {
    const call: CrmCall = {
      method: 'POST',
      route: '/v2/objects/{object}/records/query',
      path: `/v2/objects/${object.slug}/records/query`,
      callClass: 'read',
      body: {
        filter,
        sorts: [{ direction: 'asc', attribute: 'created_at' }],
        limit: pageSize,
        offset: found.length,
      },
    };
    const parsed = listing.safeParse(await client.call(call, signal));
    if (!parsed.success) throw oddAnswer({ vendor: attio, call });
    found.push(...parsed.data.data.map(row => toTargetRecord(object, row)));
    if (parsed.data.data.length < pageSize) return found;
  }
};

const anyOf = (conditions: readonly unknown[]): unknown =>
  conditions.length === 1 ? conditions[0] : { $or: conditions };

/** The filters that together find everything wanted: markers and keys share a query, merged ids have queries of their own. */
const filtersFor = (object: AttioObject, wanted: Wanted): unknown[] => {
  const attribute = object.keys;
  const ids = chunksOf([...new Set(wanted.sourceIds)], valuesMax);
  const keys = attribute === null ? [] : chunksOf([...new Set(wanted.keys)], valuesMax);
  const filters = Array.from({ length: Math.max(ids.length, keys.length) }, (_, i) =>
    anyOf([
      ...(ids[i] === undefined ? [] : [{ [markerSlug]: { $in: ids[i] } }]),
      ...(keys[i] === undefined || attribute === null
        ? []
        : [{ [attribute.slug]: { [attribute.property]: { $in: keys[i] } } }]),
    ]),
  );
  const hasMerged = object.own.some(one => one.slug === mergedSlug);
  const merged = wanted.mergedToo === true && hasMerged ? chunksOf(wanted.sourceIds, patternsMax) : [];
  const patterns = merged.map(chunk => anyOf(chunk.map(id => ({ [mergedSlug]: { $contains: idPattern(id) } }))));
  return [...filters, ...patterns];
};

export const findRecords = async (
  client: CrmClient,
  object: AttioObject,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<readonly TargetRecord[]> => {
  const found = new Map<string, TargetRecord>();
  for (const filter of filtersFor(object, wanted)) {
    for (const item of await query(client, object, filter, signal)) found.set(item.id, item);
  }
  return [...found.values()];
};

/** Sends a write of one record. @returns the id in the reply. */
export const writeRecord = async (client: CrmClient, call: CrmCall, signal: AbortSignal): Promise<string> => {
  const parsed = single.safeParse(await client.call(call, signal));
  if (!parsed.success) throw oddAnswer({ vendor: attio, call });
  return parsed.data.data.id.record_id;
};
