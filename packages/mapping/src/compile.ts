import type {
  FieldMapping,
  ListedObject,
  Mapping,
  SourceField,
  SourceSchema,
  TargetAttribute,
  TargetSchema,
  ValueType,
} from '@freight/contracts';
import { wantedTitles } from './changes.ts';
import { sourceFields } from './sourceFields.ts';
import { createTitles, type Titles } from './titles.ts';

/** What moves where, and by which reading of both systems that was decided. */
export interface Agreement {
  readonly source: SourceSchema;
  readonly target: TargetSchema;
  readonly mapping: Mapping;
}

/** A field that moves, with everything that its conversion has to know. */
export interface CompiledField {
  readonly from: SourceField & { readonly type: ValueType };
  readonly to: {
    readonly slug: string;
    readonly type: ValueType;
    readonly isMultiple: boolean;
    readonly currency?: string;
  };
  readonly titles?: Readonly<Record<string, string | null>>;
  /** For options: the title that stands at the target for one that differs in case or blanks only. */
  readonly options?: Pick<Titles, 'resolve'>;
}

const placeOf = (
  one: Extract<FieldMapping, { to: string }>,
  attributes: readonly TargetAttribute[],
): CompiledField['to'] | null => {
  const place = attributes.find(attribute => attribute.slug === one.to) ?? one.create;
  if (place === undefined || place.type === 'other') return null;
  const { type, isMultiple, currency } = place;
  return { slug: one.to, type, isMultiple, ...(currency === undefined ? {} : { currency }) };
};

/** The options of each attribute as they are once the mapping's own have been added, by the same rule as `schemaChanges`. */
const optionsOf = (
  mapped: readonly FieldMapping[],
  fields: readonly SourceField[],
  attributes: readonly TargetAttribute[],
): ReadonlyMap<string, Titles> => {
  const options = new Map<string, Titles>();
  for (const one of mapped) {
    const field = fields.find(candidate => candidate.id === one.from);
    if ('skip' in one || field === undefined) continue;
    const present = attributes.find(attribute => attribute.slug === one.to)?.options ?? [];
    const titles = options.get(one.to) ?? createTitles(present.map(option => option.title));
    options.set(one.to, titles);
    for (const title of wantedTitles(one, field)) titles.add(title);
  }
  return options;
};

/** The fields of a mapping that move, each with both of its ends. What is skipped, unknown or of no type of ours is left out. */
const compileFields = (
  mapped: readonly FieldMapping[],
  fields: readonly SourceField[],
  attributes: readonly TargetAttribute[],
): readonly CompiledField[] => {
  const options = optionsOf(mapped, fields, attributes);
  return mapped.flatMap((one): CompiledField[] => {
    if ('skip' in one) return [];
    const from = fields.find(field => field.id === one.from);
    const to = placeOf(one, attributes);
    if (from === undefined || from.type === 'other' || to === null) return [];
    const known = to.type === 'option' || to.type === 'status' ? options.get(one.to) : undefined;
    return [
      {
        from: { ...from, type: from.type },
        to,
        ...(one.values === undefined ? {} : { titles: one.values }),
        ...(known === undefined ? {} : { options: known }),
      },
    ];
  });
};

/** The fields of an object that move. */
export const compileObject = (
  { source, target, mapping }: Agreement,
  object: ListedObject,
): readonly CompiledField[] => {
  const one = mapping.objects[object];
  if (one === undefined) return [];
  const attributes = target.objects.find(home => home.slug === one.to)?.attributes ?? [];
  return compileFields(one.fields, sourceFields(source, object), attributes);
};
