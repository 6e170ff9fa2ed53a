import type { Attribute, AttributeType, Member, Rec, Scalar, Table, Value } from '../model/types.ts';

/** What reading a value off the wire may have to look up. */
export interface ValueContext {
  tableBySlugOrId(key: string): Table | undefined;
  tableById(id: string): Table | undefined;
  memberBy(idOrEmail: string): Member | undefined;
  /** The record that holds this unique value. @throws AttioError when the attribute is not unique. */
  findUnique(table: Table, attribute: Attribute, raw: unknown): Rec | undefined;
  readonly workspaceId: string;
}

export type Operator =
  | '$eq'
  | '$in'
  | '$contains'
  | '$starts_with'
  | '$ends_with'
  | '$not_empty'
  | '$lt'
  | '$lte'
  | '$gt'
  | '$gte';

/** One property of a value that a filter may ask for. */
export interface QueryField<V> {
  readonly operators: readonly Operator[];
  read(value: V): Scalar | undefined;
  /** What is asked for, in the form in which `read` shows it; `undefined` when nothing could ever match. */
  operand?(raw: unknown, attribute: Attribute, context: ValueContext): Scalar | undefined;
}

/** One attribute type: from the wire to the stored form, back to the wire, and how it is compared. */
export interface ValueType<V> {
  readonly type: AttributeType;
  readonly mayBeMulti: boolean;
  /** @throws AttioError `validation_type` or `value_not_found`. */
  parse(raw: unknown, attribute: Attribute, context: ValueContext): V;
  /** The type's own keys of a value. */
  render(value: V, attribute: Attribute, table: Table, context: ValueContext): Record<string, unknown>;
  /** Two values with one key are the same value: within a record, and for unique attributes within the table. */
  key(value: V): string;
  readonly fields: Readonly<Record<string, QueryField<V>>>;
  /** The property that the short form `{"slug":"x"}` compares. */
  readonly defaultField: string;
}

export const TEXT_OPERATORS: readonly Operator[] = ['$eq', '$in', '$contains', '$starts_with', '$ends_with'];
export const NAME_OPERATORS: readonly Operator[] = ['$eq', '$not_empty', '$contains', '$starts_with', '$ends_with'];
export const DOMAIN_OPERATORS: readonly Operator[] = [...TEXT_OPERATORS, '$not_empty'];
export const ORDER_OPERATORS: readonly Operator[] = ['$eq', '$lt', '$lte', '$gt', '$gte'];
export const EQUAL_ONLY: readonly Operator[] = ['$eq'];
export const REFERENCE_OPERATORS: readonly Operator[] = ['$eq', '$in'];

/** Takes `{key: x}` apart to `x` and leaves anything else as it is: most types accept both on write. */
export function unwrap(raw: unknown, key: string): unknown {
  return isObject(raw) && key in raw ? raw[key] : raw;
}

export const isObject = (raw: unknown): raw is Record<string, unknown> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

export const isRec = (value: Value): value is Rec => typeof value === 'object' && 'cells' in value;
