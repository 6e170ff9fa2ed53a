import {
  type FieldMapping,
  type ListedObject,
  type ListMapping,
  type Mapping,
  mapping as mappingSchema,
  type ObjectMapping,
  type SourceField,
  type SourceList,
  type SourceSchema,
  type TargetObject,
  type TargetSchema,
} from '@freight/contracts';
import { type FieldContext, type Place, proposeFields } from './proposeFields.ts';
import { proposeUsers } from './proposeUsers.ts';
import { slugOf, takeSlug } from './slug.ts';
import { fieldGroups } from './sourceFields.ts';

const homeOf = (target: TargetSchema, object: ListedObject): TargetObject | undefined =>
  target.objects.find(one => one.object === object && one.isEnabled);

/**
 * Two lists of opportunities may each have a field of one name and type (Status, Amount): they share the attribute of the first, as an opportunity is
 * on one list only. Fields of one name within a list stay apart.
 */
const proposeShared = (groups: readonly (readonly SourceField[])[], place: Place, context: FieldContext) => {
  const firsts = new Map<string, SourceField>();
  const firstOf = new Map<string, SourceField>();
  for (const group of groups) {
    const met = new Map<string, number>();
    for (const field of group) {
      const name = JSON.stringify([field.name.trim(), field.type, field.isMultiple]);
      const nth = met.get(name) ?? 0;
      met.set(name, nth + 1);
      const first = firsts.get(`${name} ${nth}`) ?? field;
      firsts.set(`${name} ${nth}`, first);
      firstOf.set(field.id, first);
    }
  }
  const proposed = new Map(proposeFields([...firsts.values()], place, context).map(one => [one.from, one]));
  return groups.flat().flatMap((field): FieldMapping[] => {
    const first = proposed.get(firstOf.get(field.id)?.id ?? '');
    return first === undefined ? [] : [{ ...first, from: field.id }];
  });
};

const proposeObject = (
  source: SourceSchema,
  target: TargetSchema,
  object: ListedObject,
  context: FieldContext,
): ObjectMapping | null => {
  const home = homeOf(target, object);
  if (home === undefined || !source.objects.some(one => one.object === object)) return null;
  return {
    to: home.slug,
    same: 'key_and_name',
    existing: 'match_and_fill_empty',
    fields: proposeShared(fieldGroups(source, object), home, context),
  };
};

const proposeList = (
  list: SourceList,
  target: TargetSchema,
  taken: Set<string>,
  context: FieldContext,
): ListMapping => {
  const home = homeOf(target, list.object);
  if (home === undefined) return { skip: 'by_choice' };
  const present = target.lists.find(
    one => one.objectSlug === home.slug && slugOf(one.name) === slugOf(list.name) && one.name === list.name,
  );
  const fields =
    list.object === 'opportunities'
      ? []
      : proposeFields(
          list.fields,
          { attributes: present?.attributes ?? [], creatable: target.creatableOnLists },
          context,
        );
  if (present !== undefined) return { to: present.slug, fields: [...fields] };
  return {
    to: takeSlug(list.name, context.prefix, taken),
    create: { name: list.name.trim() || 'List', access: list.isPublic ? 'everybody' : 'owner' },
    fields: [...fields],
  };
};

/**
 * A mapping that moves everything that can move, by the rules that people expect: fields to the attributes made for them, else to those of the same
 * name and a fitting type, else to new ones; enriched fields stay behind; users by e-mail; private notes stay behind. To be looked at and changed by a
 * person. Pure; the same schemas give the same mapping.
 */
export const proposeMapping = (source: SourceSchema, target: TargetSchema): Mapping => {
  const context: FieldContext = {
    objects: target.objects,
    multiple: target.multiple,
    reservedSlugs: target.reservedSlugs,
    prefix: source.system,
  };
  const objects: Mapping['objects'] = {};
  for (const object of ['organizations', 'persons', 'opportunities'] as const) {
    const proposed = proposeObject(source, target, object, context);
    if (proposed !== null) objects[object] = proposed;
  }
  const taken = new Set([...target.lists.map(list => list.slug), ...target.objects.map(one => one.slug)]);
  return mappingSchema.parse({
    users: { members: proposeUsers(source.users, target.members), fallback: null },
    objects,
    lists: Object.fromEntries(source.lists.map(list => [list.id, proposeList(list, target, taken, context)])),
    notes: {},
    tasks: {},
  });
};
