import type { ListedObject, SourceField, SourceSchema } from '@freight/contracts';

/**
 * The fields of an object; for opportunities those of each of their lists as well: an opportunity is on one list only, so that what stands there is its
 * own.
 */
export const fieldGroups = (source: SourceSchema, object: ListedObject): readonly (readonly SourceField[])[] => [
  source.objects.find(one => one.object === object)?.fields ?? [],
  ...(object === 'opportunities' ? source.lists.filter(list => list.object === object).map(list => list.fields) : []),
];

/** All fields that an object's mapping may name. */
export const sourceFields = (source: SourceSchema, object: ListedObject): readonly SourceField[] =>
  fieldGroups(source, object).flat();
