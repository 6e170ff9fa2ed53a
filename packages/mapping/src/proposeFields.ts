import type { FieldMapping, SourceField, TargetAttribute, TargetObject, ValueType } from '@freight/contracts';
import { canBecome, newTypeFor } from './fit.ts';
import { slugOf, takeSlug } from './slug.ts';

/** A place whose attributes fields move to: an object or a list of the target. */
export interface Place {
  readonly attributes: readonly TargetAttribute[];
  readonly creatable: readonly ValueType[];
}

export interface FieldContext {
  /** All objects of the target, to lead references to. */
  readonly objects: readonly TargetObject[];
  readonly multiple: readonly ValueType[];
  readonly reservedSlugs: readonly string[];
  /** What stands in front of a slug that is taken: the source system's name. */
  readonly prefix: string;
}

/** Whether an attribute that is there can take the field's values, all of them. */
const takes = (attribute: TargetAttribute, field: SourceField): boolean =>
  attribute.isWritable &&
  !attribute.isArchived &&
  canBecome(field.type, attribute.type) &&
  (!field.isMultiple || attribute.isMultiple || attribute.type === 'text');

const sameName = (attribute: TargetAttribute, field: SourceField): boolean =>
  attribute.slug === slugOf(field.name) || slugOf(attribute.title) === slugOf(field.name);

const roleOf = (field: SourceField): string => field.role ?? field.id;

const findPresent = (field: SourceField, free: readonly TargetAttribute[]): TargetAttribute | undefined =>
  free.find(one => one.holds === roleOf(field) && one.isWritable && canBecome(field.type, one.type)) ??
  // An attribute that is made for another field of ours is not for one that only bears its name.
  free.find(one => one.holds === undefined && sameName(one, field) && takes(one, field));

/**
 * A place for each field: the attribute that is made for it, else one of the same name that can take it, else a new one. No two fields go to the
 * same attribute. Enriched fields stay behind: the target enriches by itself, and would write over them.
 */
export const proposeFields = (
  fields: readonly SourceField[],
  place: Place,
  context: FieldContext,
): readonly FieldMapping[] => {
  const taken = new Set([...place.attributes.map(one => one.slug), ...context.reservedSlugs]);
  const used = new Set<string>();
  const present = new Map<string, TargetAttribute>();
  // The attributes that are made for a field go first: a field that only shares the name may come earlier in the list.
  for (const isOwn of [true, false]) {
    for (const field of fields) {
      if (field.isEnriched || present.has(field.id)) continue;
      const found = findPresent(
        field,
        place.attributes.filter(one => !used.has(one.slug) && (one.holds === roleOf(field) || !isOwn)),
      );
      if (found === undefined) continue;
      used.add(found.slug);
      present.set(field.id, found);
    }
  }
  return fields.map((field): FieldMapping => {
    if (field.isEnriched) return { from: field.id, skip: 'enriched' };
    const found = present.get(field.id);
    if (found !== undefined) return { from: field.id, to: found.slug };
    const type = newTypeFor(field, place.creatable, context.multiple);
    if (type === null) return { from: field.id, skip: 'unsupported_type' };
    const objects =
      type.type === 'record'
        ? context.objects.filter(o => o.object !== null && field.objects?.includes(o.object)).map(o => o.slug)
        : undefined;
    if (objects?.length === 0) return { from: field.id, skip: 'unsupported_type' };
    return {
      from: field.id,
      to: takeSlug(field.name, context.prefix, taken),
      create: { title: field.name.trim() || 'Field', ...type, ...(objects === undefined ? {} : { objects }) },
    };
  });
};
