/** The part of JSON Schema 2020-12 that the API's document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

export interface Operation {
  /** `GET /v1/jobs/{jobId}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** The scopes of which one is needed. */
  readonly scopes: readonly string[];
  /** Whether no tenant may use it. */
  readonly operatorsOnly: boolean;
  readonly pathParameters: readonly string[];
  readonly query: readonly Parameter[];
  readonly headers: readonly Parameter[];
  /** Of the JSON body; undefined when it takes none. */
  readonly body: Schema | undefined;
  readonly streams: boolean;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
}

interface RawOperation {
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

/** What a reference within the document leads to. */
export type Resolve = <T extends object>(value: T | { readonly $ref: string }) => T;

const isReference = (value: object): value is { readonly $ref: string } => '$ref' in value;

/** Every operation that an OpenAPI 3.1 document declares. */
export const readOperations = (
  document: object,
): { readonly operations: readonly Operation[]; readonly resolve: Resolve } => {
  const resolve: Resolve = value => {
    let target: object = value;
    while (isReference(target)) {
      const steps = target.$ref.replace(/^#\//, '').split('/');
      target = steps.reduce<object>((node, step) => (node as Record<string, object>)[step] ?? {}, document);
    }
    return target as never;
  };
  const operations = Object.entries((document as Document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]): Operation => {
      const parameters = (raw.parameters ?? []).map(one => resolve<Parameter>(one));
      const body = raw.requestBody?.content?.['application/json']?.schema;
      const scopes = (raw.security ?? []).flatMap(one => Object.values(one).flat());
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        scopes,
        operatorsOnly: scopes.length > 0 && scopes.every(scope => scope === 'operator'),
        pathParameters: [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? ''),
        query: parameters.filter(one => one.in === 'query'),
        headers: parameters.filter(one => one.in === 'header'),
        body,
        streams: raw.responses?.['200']?.content?.['text/event-stream'] !== undefined,
      };
    }),
  );
  return { operations, resolve };
};
