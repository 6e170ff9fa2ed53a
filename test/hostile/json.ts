/** JSON as text that no `JSON.stringify` would write: names twice, `__proto__`, numbers beyond all bounds, and worse. */
import fc from 'fast-check';
import type { Schema } from './document.ts';

/** A JSON value before it is written. `raw` is written as it stands. */
export type Tree =
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Tree])[] }
  | { readonly kind: 'array'; readonly items: readonly Tree[] }
  | { readonly kind: 'raw'; readonly text: string };

export const raw = (text: string): Tree => ({ kind: 'raw', text });
export const leaf = (value: string | number | boolean | null): Tree => raw(JSON.stringify(value));

export const write = (tree: Tree): string => {
  switch (tree.kind) {
    case 'raw':
      return tree.text;
    case 'array':
      return `[${tree.items.map(write).join(',')}]`;
    case 'object':
      return `{${tree.entries.map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(',')}}`;
  }
};

/**
 * Stands for the id of something that exists by the time of sending, so that the same seed makes the same cases whatever ids there are.
 * @param name of the path parameter that takes such an id.
 */
const idOf = (name: string, nth: number): string => `{{${name}:${nth}}}`;
export const anyId = (name: string): fc.Arbitrary<string> => fc.nat(999).map(nth => idOf(name, nth));

/** Values that the schema takes, as far as it says. `dictionary`: good values by the name of the property. */
export const valueOf = (
  schema: Schema,
  resolve: (schema: Schema) => Schema,
  dictionary: Readonly<Record<string, readonly string[]>>,
  name = '',
): fc.Arbitrary<Tree> => {
  const own = resolve(schema);
  const inner = (one: Schema, of = name) => valueOf(one, resolve, dictionary, of);
  const alternatives = own.anyOf ?? own.oneOf;
  if (alternatives) return fc.oneof(...alternatives.map(one => inner(one)));
  const [first] = own.allOf ?? [];
  if (first) return inner(first);
  if (own.enum) return fc.constantFrom(...own.enum).map(one => leaf(one as string));
  if (own.const !== undefined) return fc.constant(leaf(own.const as string));
  const types = typeof own.type === 'string' ? [own.type] : (own.type ?? []);
  const ofType = (type: string): fc.Arbitrary<Tree> => {
    switch (type) {
      case 'object': {
        const properties = Object.entries(own.properties ?? {}).map(([key, one]) => {
          const value = inner(one, key).map(tree => [[key, tree] as const]);
          return own.required?.includes(key) ? value : fc.oneof(value, fc.constant([]));
        });
        return fc.tuple(...properties).map(entries => ({ kind: 'object', entries: entries.flat() }));
      }
      case 'array':
        return fc
          .array(inner(own.items ?? {}), { minLength: own.minItems ?? 0, maxLength: Math.min(5, own.maxItems ?? 5) })
          .map(items => ({ kind: 'array', items }));
      case 'integer':
        return fc
          .integer({ min: Math.max(own.minimum ?? -100, -1e9), max: Math.min(own.maximum ?? 1000, 1e9) })
          .map(leaf);
      case 'number':
        return fc.double({ min: own.minimum ?? -1e6, max: own.maximum ?? 1e6, noNaN: true }).map(leaf);
      case 'boolean':
        return fc.boolean().map(leaf);
      case 'null':
        return fc.constant(leaf(null));
      default:
        return textOf(own, name, dictionary).map(leaf);
    }
  };
  return types.length === 0 ? fc.constant(raw('{}')) : fc.oneof(...types.map(ofType));
};

/** A text that the schema takes. */
export const textOf = (
  schema: Schema,
  name: string,
  dictionary: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<string> => {
  const known = dictionary[name];
  if (known) return fc.constantFrom(...known);
  if (schema.format === 'uuid') return anyId(name);
  if (schema.format === 'date-time') {
    return fc
      .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map(date => date.toISOString());
  }
  if (schema.pattern !== undefined)
    return fc.stringMatching(new RegExp(schema.pattern)).map(text => text.slice(0, 300));
  return fc.string({
    unit: 'grapheme',
    minLength: schema.minLength ?? 0,
    maxLength: Math.min(schema.maxLength ?? 40, 40),
  });
};
