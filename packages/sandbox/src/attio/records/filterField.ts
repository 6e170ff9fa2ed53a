import { AttioError } from '../errors.ts';
import type { Attribute, Rec, Scalar } from '../model/types.ts';
import { parseInstant } from '../time.ts';
import { valueTypeOf } from '../values/index.ts';
import {
  EQUAL_ONLY,
  type Operator,
  ORDER_OPERATORS,
  REFERENCE_OPERATORS,
  type ValueContext,
} from '../values/valueType.ts';

/** One property of one attribute as a filter sees it, whether the attribute is stored or follows from the record. */
export interface FilterField {
  readonly operators: readonly Operator[];
  /** For stored attributes: the field's name in the attribute's type, by which its index is kept. */
  readonly indexName: string | undefined;
  operand(raw: unknown): Scalar | undefined;
  /** Of attributes that follow from the record itself. */
  readonly readRecord: ((rec: Rec) => Scalar) | undefined;
}

/** @throws AttioError `invalid_filter_field` when the attribute has no such property. */
export function filterField(attribute: Attribute, name: string | undefined, context: ValueContext): FilterField {
  const derived = attribute.slot < 0 && attribute.inverseOf === undefined ? derivedField(attribute) : undefined;
  if (derived !== undefined) return derived;
  const type = valueTypeOf(attribute.type);
  const fieldName = name ?? type.defaultField;
  const field = type.fields[fieldName];
  if (field === undefined) {
    throw new AttioError(
      400,
      'invalid_filter_field',
      `"${fieldName}" is not a field of attribute "${attribute.slug}".`,
    );
  }
  return {
    operators: field.operators,
    indexName: fieldName,
    operand: raw => (field.operand === undefined ? toScalar(raw) : field.operand(raw, attribute, context)),
    readRecord: undefined,
  };
}

function derivedField(attribute: Attribute): FilterField | undefined {
  switch (attribute.slug) {
    case 'record_id':
    case 'entry_id':
      return {
        operators: REFERENCE_OPERATORS,
        indexName: undefined,
        operand: toScalar,
        readRecord: rec => rec.id,
      };
    case 'created_at':
      return {
        operators: ORDER_OPERATORS,
        indexName: undefined,
        operand: raw => (typeof raw === 'string' ? parseInstant(raw) : undefined),
        readRecord: rec => rec.createdAtMs,
      };
    case 'created_by':
      return {
        operators: EQUAL_ONLY,
        indexName: undefined,
        operand: toScalar,
        readRecord: rec => (rec.isAutoCreated ? 'system' : 'api-token'),
      };
    default:
      return undefined;
  }
}

function toScalar(raw: unknown): Scalar | undefined {
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? raw : undefined;
}

/** Whether a value satisfies an operator. The partial comparisons of text ignore case (our guess), equality does not. */
export function satisfies(operator: Operator, value: Scalar, operand: Scalar): boolean {
  switch (operator) {
    case '$eq':
    case '$in':
      return value === operand;
    case '$contains':
      return lower(value).includes(lower(operand));
    case '$starts_with':
      return lower(value).startsWith(lower(operand));
    case '$ends_with':
      return lower(value).endsWith(lower(operand));
    case '$lt':
      return value < operand;
    case '$lte':
      return value <= operand;
    case '$gt':
      return value > operand;
    case '$gte':
      return value >= operand;
    case '$not_empty':
      return value !== '';
  }
}

const lower = (value: Scalar): string => String(value).toLowerCase();
