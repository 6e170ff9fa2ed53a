import type {
  AttributeHome,
  FieldMapping,
  ListedObject,
  Mapping,
  SchemaChange,
  SourceField,
  SourceSchema,
  TargetAttribute,
  TargetSchema,
} from '@freight/contracts';
import { sourceFields } from './sourceFields.ts';
import { createTitles, type Titles } from './titles.ts';

/** The titles that a field's options come to at the target, in their order and each once. */
export const wantedTitles = (one: Extract<FieldMapping, { to: string }>, field: SourceField): readonly string[] => {
  const titles = (field.options ?? [])
    .map(title => title.trim())
    .flatMap(title => {
      const mapped = one.values === undefined ? undefined : one.values[title];
      return mapped === null || title === '' ? [] : [mapped ?? title];
    });
  return [...new Set(titles)];
};

const changesOf = (
  mapped: readonly FieldMapping[],
  fields: readonly SourceField[],
  present: readonly TargetAttribute[],
  home: AttributeHome,
): readonly SchemaChange[] => {
  const changes: SchemaChange[] = [];
  const asked = new Set<string>();
  const options = new Map<string, Titles>();
  for (const one of mapped) {
    if ('skip' in one) continue;
    if (one.create !== undefined && !asked.has(one.to)) {
      asked.add(one.to);
      changes.push({ kind: 'attribute', home, slug: one.to, attribute: one.create });
    }
    const attribute = present.find(a => a.slug === one.to);
    const type = attribute?.type ?? one.create?.type;
    const field = fields.find(f => f.id === one.from);
    if (field === undefined || (type !== 'option' && type !== 'status')) continue;
    const titles = options.get(one.to) ?? createTitles((attribute?.options ?? []).map(option => option.title));
    options.set(one.to, titles);
    for (const title of wantedTitles(one, field)) {
      if (titles.add(title)) changes.push({ kind: 'option', home, slug: one.to, title });
    }
  }
  return changes;
};

/** References first lead to objects, then everything else: attributes before their options, lists before their attributes. */
const order: { readonly [K in SchemaChange['kind']]: number } = { list: 0, attribute: 1, option: 2 };

/**
 * All that a valid mapping adds to a target: lists, attributes, and the options that the source's fields name and the target lacks. Archived options
 * count as there: they are taken back when a value needs them. Pure.
 */
export const schemaChanges = (
  mapping: Mapping,
  source: SourceSchema,
  target: TargetSchema,
): readonly SchemaChange[] => {
  const changes: SchemaChange[] = [];
  for (const [name, one] of Object.entries(mapping.objects)) {
    const present = target.objects.find(o => o.slug === one.to)?.attributes ?? [];
    changes.push(
      ...changesOf(one.fields, sourceFields(source, name as ListedObject), present, { kind: 'object', slug: one.to }),
    );
  }
  for (const list of source.lists) {
    const one = mapping.lists[list.id];
    if (one === undefined || 'skip' in one) continue;
    const objectSlug = mapping.objects[list.object]?.to;
    if (one.create !== undefined && objectSlug !== undefined) {
      const ownerId = list.ownerId === null ? null : (mapping.users.members[list.ownerId] ?? mapping.users.fallback);
      changes.push({ kind: 'list', slug: one.to, ...one.create, objectSlug, ownerId });
    }
    const present = target.lists.find(l => l.slug === one.to)?.attributes ?? [];
    changes.push(...changesOf(one.fields, list.fields, present, { kind: 'list', slug: one.to }));
  }
  return changes.toSorted((a, b) => order[a.kind] - order[b.kind]);
};
