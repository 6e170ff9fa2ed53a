import type { Resolve, Schema } from './openapi.ts';

/** A place in a body that takes an id of something. */
export interface Reference {
  /** Names of properties from the body's root on. */
  readonly path: readonly string[];
}

export interface Sampler {
  /** A word for texts that people read. */
  readonly mark: string;
  /** The id for a property of the form `uuid`; undefined when none is known. */
  readonly id: (path: readonly string[]) => string | undefined;
}

/** A body could not be made: the schema wants something that nobody has given a value for. */
class NoFillerError extends Error {
  override readonly name = 'NoFillerError';
}

const day = 24 * 60 * 60 * 1000;

/** Texts whose form a schema alone does not give away, by the name of their property. */
const texts: Readonly<Record<string, (mark: string) => string>> = {
  slug: mark => `s-${mark}-${Math.random().toString(36).slice(2, 8)}`,
};

const textOf = (schema: Schema, path: readonly string[], sampler: Sampler): string => {
  const name = path.at(-1) ?? '';
  if (schema.format === 'uuid') {
    const id = sampler.id(path);
    if (id === undefined) throw new NoFillerError(`no filler for the id at ${path.join('.')}`);
    return id;
  }
  if (schema.format === 'date-time') return new Date(Date.now() + 30 * day).toISOString();
  const known = texts[name];
  if (known) return known(sampler.mark);
  const text = schema.format === 'uri' ? 'https://api.attio.com' : `${name} ${sampler.mark}`;
  if (schema.pattern !== undefined && schema.format !== 'uri' && !new RegExp(schema.pattern, 'u').test(text)) {
    throw new NoFillerError(`no filler for the text at ${path.join('.')} (${schema.pattern})`);
  }
  return text;
};

/** A small value that fits a schema: required properties, and the ids of optional ones. @throws NoFillerError */
export const sampleOf = (given: Schema, resolve: Resolve, sampler: Sampler, path: readonly string[] = []): unknown => {
  const schema = resolve<Schema>(given);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf) {
    return Object.assign({}, ...schema.allOf.map(one => sampleOf(one, resolve, sampler, path) as object)) as unknown;
  }
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return sampleOf(choice.find(one => one.type !== 'null') ?? {}, resolve, sampler, path);
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.find(one => one !== 'null');
  switch (type) {
    case 'object':
      return sampleObject(schema, resolve, sampler, path);
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}, resolve, sampler, path));
    case 'string':
      return textOf(schema, path, sampler);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    default:
      throw new NoFillerError(`no filler for ${path.join('.') || 'the body'}`);
  }
};

const sampleObject = (schema: Schema, resolve: Resolve, sampler: Sampler, path: readonly string[]): object => {
  const properties = Object.entries(schema.properties ?? {});
  const needed = new Set(schema.required);
  const isNeeded = ([name, one]: (typeof properties)[number]) => {
    // What has a default may be left out, whatever the document says of the value that comes out.
    const { default: fallback } = resolve<Schema>(one);
    return (needed.has(name) && fallback === undefined) || referencesIn(one, resolve).length > 0;
  };
  const chosen = properties.filter(isNeeded);
  // Where nothing is needed something has to be changed.
  const used = chosen.length > 0 ? chosen : path.length === 0 ? properties.slice(0, 1) : [];
  return Object.fromEntries(used.map(([name, one]) => [name, sampleOf(one, resolve, sampler, [...path, name])]));
};

/** The places of a body that take ids. */
export const referencesIn = (given: Schema, resolve: Resolve, path: readonly string[] = []): readonly Reference[] => {
  const schema = resolve<Schema>(given);
  if (schema.format === 'uuid') return [{ path }];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => referencesIn(one, resolve, [...path, name])),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(one =>
      referencesIn(one, resolve, path),
    ),
  ];
};
