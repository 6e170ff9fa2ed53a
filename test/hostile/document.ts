/** The gateway's own OpenAPI document as a judge: what each operation takes, and what it says that it answers. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** JSON Schema 2020-12, as far as it is looked at. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

interface DeclaredAnswer {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface DeclaredOperation {
  readonly operationId: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, DeclaredAnswer>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DeclaredOperation>>>>;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  /** `read`, `write` or `operator`, as the description says. */
  readonly scope: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly responses: Readonly<Record<string, DeclaredAnswer>>;
}

export interface OpenApi {
  readonly operations: readonly Operation[];
  resolve(schema: Schema): Schema;
  /** What an answer's body has against the declared schema; undefined: nothing. */
  objections(operation: Operation, status: number, mediaType: string, body: unknown): string | undefined;
  /** The same against the schema of every problem. */
  objectionsToProblem(body: unknown): string | undefined;
}

const escape = (step: string): string => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));

export const readOpenApi = (document: Document): OpenApi => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  // Of no standard: the patterns beside them say what they mean.
  for (const name of ['cidrv4', 'cidrv6']) ajv.addFormat(name, true);
  ajv.addSchema(document, 'openapi');
  const validators = new Map<string, ValidateFunction>();
  const validatorOf = (pointer: string): ValidateFunction => {
    let validator = validators.get(pointer);
    if (!validator) validators.set(pointer, (validator = ajv.compile({ $ref: `openapi#${pointer}` })));
    return validator;
  };
  const judge = (pointer: string, body: unknown): string | undefined => {
    const validate = validatorOf(pointer);
    return validate(body) ? undefined : ajv.errorsText(validate.errors);
  };
  const resolve = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema;
    let node: unknown = document;
    for (const step of schema.$ref.slice(2).split('/')) node = (node as Record<string, unknown>)[step];
    return resolve(node as Schema);
  };
  return {
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, declared]) => ({
        method: method.toUpperCase(),
        path,
        id: declared.operationId,
        scope: /Scope: `(\w+)`/.exec(declared.description ?? '')?.[1] ?? 'read',
        parameters: declared.parameters ?? [],
        body: declared.requestBody?.content['application/json']?.schema,
        responses: declared.responses,
      })),
    ),
    resolve,
    objections: (operation, status, mediaType, body) =>
      judge(
        `/paths/${escape(operation.path)}/${operation.method.toLowerCase()}/responses/${status}/content/${escape(mediaType)}/schema`,
        body,
      ),
    objectionsToProblem: body => judge('/components/schemas/Problem', body),
  };
};
