import { distinct, normaliseText } from '../../records/normalise.ts';
import { entryOf } from '../vendor.ts';
import { type CompanyReference, companyReference, type Field, type FieldMetadata } from './shapes.ts';

/** The fields of a workspace that a record needs to be told apart by, by id; users may rename them, so none is hard-coded. */
export interface FieldIds {
  readonly formerNames: readonly string[];
  /** The field of a person's organizations. */
  readonly organizations: readonly string[];
}

/** What fields mean to Freight, by the names that Affinity gives them; people may have renamed them. The fuller name comes first. */
const names = {
  description: ['description'],
  linkedin: ['linkedin url', 'linkedin'],
  twitter: ['twitter url', 'twitter'],
  formerNames: ['former names'],
  jobTitles: ['job titles', 'job title'],
  location: ['location'],
  phones: ['phone number', 'phone numbers', 'phone'],
  stage: ['status', 'stage'],
  owners: ['owners'],
  amount: ['amount'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Role = keyof typeof names | 'organizations';

const hasName = (field: FieldMetadata, candidates: readonly string[]): boolean =>
  candidates.includes(field.name.trim().toLowerCase());

/** Kinds of values that a role goes with, where the name alone would take in too much. */
const roleTypes: Partial<Record<Role, readonly string[]>> = {
  stage: ['ranked-dropdown', 'status-dropdown'],
  owners: ['person', 'person-multi'],
  amount: ['number'],
  location: ['location'],
};

/** What a field means to Freight; undefined where it is just a field. */
export const roleOf = (field: FieldMetadata): Role | undefined => {
  if (findAssociation([field]) !== null && field.type !== 'list') return 'organizations';
  const roles = Object.keys(names) as (keyof typeof names)[];
  return roles.find(role => hasName(field, names[role]) && (roleTypes[role]?.includes(field.valueType) ?? true));
};

/** Looks the fields up by what they mean. */
export const findFields = (fields: readonly FieldMetadata[]): FieldIds => {
  const idsOf = (role: Role): string[] =>
    fields.filter(field => field.type !== 'enriched' && roleOf(field) === role).map(field => field.id);
  return { formerNames: idsOf('formerNames'), organizations: idsOf('organizations') };
};

/** The texts in one item of a value: itself, or the text of a dropdown's option. */
const textOfItem = (item: unknown): string => {
  const text = typeof item === 'string' ? item : entryOf(item, 'text');
  return typeof text === 'string' ? normaliseText(text) : '';
};

/** All texts of the first of `ids` that has any; text, filterable text and dropdowns alike, single or several. */
export const textsOf = (fields: readonly Field[], ids: readonly string[]): string[] => {
  for (const id of ids) {
    const data = fields.find(field => field.id === id)?.value?.data;
    const found = (Array.isArray(data) ? (data as unknown[]) : [data]).map(textOfItem).filter(text => text !== '');
    if (found.length > 0) return distinct(found);
  }
  return [];
};

const associationNames: ReadonlySet<string> = new Set(['companies', 'organizations', 'company', 'organization']);

/**
 * The field that holds a person's companies. The vendor says that there is one but not under which id; `companies` was seen. A user's own
 * field of companies (`field-…`) is taken only under one of the telling names.
 */
export const findAssociation = <F extends { readonly id: string; readonly name: string; readonly valueType: string }>(
  fields: readonly F[],
): F | null => {
  const candidates = fields.filter(field => field.valueType === 'company-multi');
  return (
    candidates.find(field => associationNames.has(field.id)) ??
    candidates.find(field => associationNames.has(field.name.trim().toLowerCase())) ??
    candidates.find(field => !field.id.startsWith('field-')) ??
    null
  );
};

/** Lists longer than this are cut off by the vendor. */
export const nestedMax = 100;

const referenceTypes = { companies: 'company-multi', persons: 'person-multi' } as const;

/** The field of an opportunity list by which an opportunity names its companies or persons: none of people's own. */
export const findReference = (
  fields: readonly FieldMetadata[],
  to: keyof typeof referenceTypes,
): FieldMetadata | null => {
  const candidates = fields.filter(field => field.valueType === referenceTypes[to] && !field.id.startsWith('field-'));
  return candidates.find(field => field.id === to) ?? candidates[0] ?? null;
};

/** A person's companies as the listing shows them. */
export interface Association {
  readonly companies: readonly CompanyReference[];
  /** False when the vendor may have left some out. */
  readonly complete: boolean;
}

export const associationOf = (fields: readonly Field[]): Association => {
  const described = fields.map(field => ({ ...field, valueType: field.value?.type ?? '' }));
  const field = findAssociation(described);
  if (field === null) return { companies: [], complete: false };
  const data = field.value?.data;
  if (data === null || data === undefined) return { companies: [], complete: true };
  if (!Array.isArray(data)) return { companies: [], complete: false };
  const companies = (data as unknown[]).flatMap(item => companyReference.safeParse(item).data ?? []);
  return { companies, complete: companies.length === data.length && data.length < nestedMax };
};
