import { invalid, slugConflict, valueNotFound } from '../errors.ts';
import type { AttributeDefinition } from '../model/attribute.ts';
import type { AttioState } from '../model/state.ts';
import type { Attribute, AttributeType, Table } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { isObject } from '../values/valueType.ts';
import { requireBoolean, requireSlug, requireString } from './body.ts';

const CREATABLE: ReadonlySet<string> = new Set<AttributeType>([
  'text',
  'number',
  'checkbox',
  'currency',
  'date',
  'timestamp',
  'rating',
  'status',
  'select',
  'record-reference',
  'actor-reference',
  'location',
  'domain',
  'email-address',
  'phone-number',
]);
/** Types of which two records may be told apart by a value. */
const MAY_BE_UNIQUE: ReadonlySet<AttributeType> = new Set<AttributeType>([
  'text',
  'number',
  'domain',
  'email-address',
  'phone-number',
]);
const CURRENCIES = new Set(
  (
    'ARS AUD BRL BGN CAD CLP CNY COP CZK DKK EUR FJD HKD HUF ISK INR IDR ILS JPY KES KRW MYR MXN NTD NZD NGN NOK XPF PEN ' +
    'PHP PLN GBP RWF SAR SGD ZAR SEK CHF THB TRY AED UYU USD'
  ).split(' '),
);
const DISPLAYS = ['code', 'name', 'narrowSymbol', 'symbol'];

type Body = Readonly<Record<string, unknown>>;

/** @throws AttioError `validation_type`, `value_not_found`, or 409 `slug_conflict` (archived attributes keep their slug). */
export function parseNewAttribute(state: AttioState, table: Table, data: Body): AttributeDefinition {
  const slug = requireSlug(data.api_slug);
  const title = requireString(data.title, 'title');
  const { type, description } = data;
  if (description !== null && typeof description !== 'string') {
    throw invalid('"description" is required: a string or null.', ['data', 'description']);
  }
  if (typeof type !== 'string' || !CREATABLE.has(type))
    throw invalid(`Cannot create an attribute of type "${String(type)}".`, ['data', 'type']);
  const isRequired = requireBoolean(data.is_required, 'is_required');
  const isUnique = requireBoolean(data.is_unique, 'is_unique');
  const isMulti = requireBoolean(data.is_multiselect, 'is_multiselect');
  if (!isObject(data.config)) throw invalid('"config" is required.', ['data', 'config']);
  const known = type as AttributeType;
  if (isMulti && !valueTypeOf(known).mayBeMulti)
    throw invalid(`An attribute of type "${type}" cannot be multiselect.`, ['data', 'is_multiselect']);
  if (isUnique) refuseUnique(table, known);
  if (known === 'status' && isPeopleOrCompanies(table))
    throw invalid(`Status attributes are not supported on ${table.slug}.`, ['data', 'type']);
  const defaultValue = data.default_value ?? null;
  if (defaultValue !== null && isPeopleOrCompanies(table))
    throw invalid(`Default values are not supported on ${table.slug}.`, ['data', 'default_value']);
  // Two-way references beyond the standard ones are not played; a caller must not think that it got one.
  if (data.relationship !== undefined && data.relationship !== null)
    throw invalid('"relationship" is not played here.', ['data', 'relationship']);
  refuseTakenSlug(table, slug, undefined);
  return {
    slug,
    title,
    type: known,
    description,
    isRequired,
    isUnique,
    isMulti,
    defaultValue,
    currency: parseCurrency(known, data.config),
    allowedObjectIds: parseAllowedObjects(state, data.config),
  };
}

/** Applies what may change later; `type` and `is_multiselect` may not. @throws AttioError, and then nothing changed. */
export function patchAttribute(state: AttioState, table: Table, attribute: Attribute, data: Body): void {
  if ('type' in data || 'is_multiselect' in data)
    throw invalid('The type of an attribute cannot be changed.', ['data']);
  const slug = data.api_slug === undefined ? attribute.slug : requireSlug(data.api_slug);
  refuseTakenSlug(table, slug, attribute);
  const title = data.title === undefined ? attribute.title : requireString(data.title, 'title');
  const isRequired = optionalBoolean(data.is_required, 'is_required', attribute.isRequired);
  const isUnique = optionalBoolean(data.is_unique, 'is_unique', attribute.isUnique);
  const isArchived = optionalBoolean(data.is_archived, 'is_archived', attribute.isArchived);
  if (isUnique && !attribute.isUnique) refuseUnique(table, attribute.type);
  const currency = isObject(data.config) ? parseCurrency(attribute.type, data.config) : attribute.currency;
  if (isObject(data.config) && data.config.record_reference !== undefined) parseAllowedObjects(state, data.config);

  table.bySlug.delete(attribute.slug);
  attribute.slug = slug;
  table.bySlug.set(slug, attribute);
  attribute.title = title;
  if (typeof data.description === 'string' || data.description === null) attribute.description = data.description;
  if (data.default_value !== undefined) attribute.defaultValue = data.default_value;
  attribute.isRequired = isRequired;
  attribute.isArchived = isArchived;
  attribute.currency = currency;
  if (isUnique !== attribute.isUnique) setUnique(table, attribute, isUnique);
}

/** Holds for new writes only: of two records that share a value already, the older one counts as its holder. */
function setUnique(table: Table, attribute: Attribute, isUnique: boolean): void {
  attribute.isUnique = isUnique;
  attribute.uniqueKeys = undefined;
  if (!isUnique) return;
  const keys = new Map();
  const { key } = valueTypeOf(attribute.type);
  for (const rec of table.records.values()) {
    const cell = rec.cells[attribute.slot];
    for (const value of cell === undefined ? [] : attribute.isMulti ? (cell as never[]) : [cell as never]) {
      if (!keys.has(key(value))) keys.set(key(value), rec);
    }
  }
  attribute.uniqueKeys = keys;
}

const isPeopleOrCompanies = (table: Table): boolean =>
  table.kind === 'object' && (table.slug === 'people' || table.slug === 'companies');

function refuseUnique(table: Table, type: AttributeType): void {
  if (table.kind === 'list' || isPeopleOrCompanies(table) || !MAY_BE_UNIQUE.has(type)) {
    throw invalid('Cannot set attribute as unique.', ['data', 'is_unique']);
  }
}

function refuseTakenSlug(table: Table, slug: string, self: Attribute | undefined): void {
  const holder = table.bySlug.get(slug);
  if (holder !== undefined && holder !== self) throw slugConflict(`An attribute with slug "${slug}" already exists.`);
}

function parseCurrency(type: AttributeType, config: Body): Attribute['currency'] {
  if (type !== 'currency') return { code: null, display: null };
  const { default_currency_code: code, display_type: display } = isObject(config.currency) ? config.currency : {};
  if (typeof code !== 'string' || !CURRENCIES.has(code))
    throw invalid(`"${String(code)}" is not a supported currency.`, ['data', 'config', 'currency']);
  if (typeof display !== 'string' || !DISPLAYS.includes(display))
    throw invalid('"display_type" is one of code, name, narrowSymbol, symbol.', ['data', 'config', 'currency']);
  return { code, display };
}

function parseAllowedObjects(state: AttioState, config: Body): readonly string[] | null {
  const allowed = isObject(config.record_reference) ? config.record_reference.allowed_objects : undefined;
  if (allowed === undefined || allowed === null) return null;
  if (!Array.isArray(allowed))
    throw invalid('"allowed_objects" takes an array.', ['data', 'config', 'record_reference']);
  return allowed.map((key: unknown) => {
    const target = state.tableBySlugOrId(String(key));
    if (target === undefined) throw valueNotFound(`Cannot find object with slug/ID "${String(key)}".`);
    return target.id;
  });
}

const optionalBoolean = (raw: unknown, key: string, otherwise: boolean): boolean =>
  raw === undefined ? otherwise : requireBoolean(raw, key);
