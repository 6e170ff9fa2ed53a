import type { ExistingPolicy } from '@freight/contracts';
import { normaliseText } from '../../records/normalise.ts';
import type {
  Outgoing,
  OutgoingOpportunity,
  OutgoingOrganization,
  OutgoingPerson,
  OutgoingValues,
} from '../connector.ts';
import { heldKeys, valueKey, writeValue } from './attributeValues.ts';
import {
  type AttioObject,
  attioObjects,
  coOwnersSlug,
  formerNamesSlug,
  markerSlug,
  mergedSlug,
  otherCompaniesSlug,
} from './objects.ts';
import {
  type HeldValues,
  heldText,
  itemsOf,
  joinIds,
  joinList,
  propertiesOf,
  splitIds,
  splitList,
  type WriteValues,
} from './values.ts';

/** What a write is made of. */
export interface Writing {
  readonly values: WriteValues;
  /** All keys that stand as text on the record once this is written: what the target refuses is added to them. */
  readonly otherKeys: readonly string[];
}

type Draft = Record<string, unknown>;

/** A single value: set where none is, or where it differs and the policy says so. Nothing is ever cleared. */
const putText = (draft: Draft, held: HeldValues, slug: string, text: string | null, overwrite: boolean): void => {
  const present = normaliseText(heldText(held, slug));
  const wanted = normaliseText(text ?? '');
  if (wanted !== '' && wanted !== present && (overwrite || present === '')) draft[slug] = wanted;
};

/** A list in one of our own text attributes: what is missing is added. @returns the list as it then stands. */
const addToList = (draft: Draft, held: HeldValues, slug: string, items: readonly string[]): string[] => {
  const present = splitList(heldText(held, slug));
  // An item that holds the separator itself reads back in pieces.
  const missing = items.flatMap(splitList).filter(item => !present.includes(item));
  if (missing.length > 0) draft[slug] = joinList([...present, ...missing]);
  return [...present, ...missing];
};

/**
 * The markers, whatever the policy: without them a record would not be known again. The first marker is never replaced; an id that comes later
 * joins the merged ones.
 */
const putMarkers = (draft: Draft, held: HeldValues, ids: readonly string[]): void => {
  const present = heldText(held, markerSlug).trim();
  const marker = present === '' ? (ids[0] ?? '') : present;
  const merged = splitIds(heldText(held, mergedSlug));
  const missing = ids.filter(id => id !== marker && !merged.includes(id));
  if (present === '' && marker !== '') draft[markerSlug] = marker;
  if (missing.length > 0) draft[mergedSlug] = joinIds([...merged, ...missing]);
};

/** Domains or addresses: missing ones are added. What already stands as text was refused or withheld before and stays there. */
const putKeys = (
  draft: Draft,
  held: HeldValues,
  attribute: NonNullable<AttioObject['keys']>,
  keys: { readonly all: readonly string[]; readonly withheld: readonly string[]; readonly invalid: readonly string[] },
): string[] => {
  const present = propertiesOf(held, attribute.slug, attribute.property).map(key => key.toLowerCase());
  const settled = splitList(heldText(held, attribute.others));
  const missing = keys.all.filter(
    key => !present.includes(key) && !settled.includes(key) && !keys.withheld.includes(key),
  );
  if (missing.length > 0) draft[attribute.slug] = missing;
  const withheld = keys.withheld.filter(key => !present.includes(key));
  return addToList(draft, held, attribute.others, [...withheld, ...keys.invalid]);
};

const organizationValues = (outgoing: OutgoingOrganization, held: HeldValues, overwrite: boolean): Writing => {
  const { record, withheldKeys } = outgoing;
  const draft: Draft = {};
  putText(draft, held, 'name', record.name, overwrite);
  const keys = { all: record.domains, withheld: withheldKeys, invalid: record.invalidDomains };
  const otherKeys = putKeys(draft, held, attioObjects.organizations.keys, keys);
  addToList(draft, held, formerNamesSlug, record.formerNames);
  return { values: draft, otherKeys };
};

/** The three parts are one value and only compared, set and replaced together. */
const putName = (draft: Draft, held: HeldValues, { record }: OutgoingPerson, overwrite: boolean): void => {
  const wanted = { first_name: record.firstName, last_name: record.lastName, full_name: record.fullName };
  const same = Object.entries(wanted).every(([part, text]) => propertiesOf(held, 'name', part)[0] === text);
  const present = propertiesOf(held, 'name', 'full_name')[0] ?? '';
  if (!same && (overwrite || present.trim() === '')) draft['name'] = wanted;
};

const companyReference = (id: string) => ({ target_object: 'companies', target_record_id: id });

/** The primary company goes to the one place there is, if it is free or may be overwritten; all that have no place go to the others. */
const putCompanies = (
  draft: Draft,
  held: HeldValues,
  slug: 'company' | 'associated_company',
  companyIds: readonly string[],
  overwrite: boolean,
): void => {
  const present = propertiesOf(held, slug, 'target_record_id')[0];
  const primary = companyIds[0];
  const company = present === undefined || (overwrite && primary !== undefined) ? primary : present;
  if (company !== present && company !== undefined) draft[slug] = companyReference(company);
  const others = propertiesOf(held, otherCompaniesSlug, 'target_record_id');
  const missing = companyIds.filter(id => id !== company && !others.includes(id));
  if (missing.length > 0) draft[otherCompaniesSlug] = missing.map(companyReference);
};

const personValues = (outgoing: OutgoingPerson, held: HeldValues, overwrite: boolean): Writing => {
  const { record, withheldKeys } = outgoing;
  const draft: Draft = {};
  putName(draft, held, outgoing, overwrite);
  const keys = { all: record.emails, withheld: withheldKeys, invalid: record.invalidEmails };
  const otherKeys = putKeys(draft, held, attioObjects.persons.keys, keys);
  putCompanies(draft, held, 'company', outgoing.companyIds, overwrite);
  return { values: draft, otherKeys };
};

const memberReference = (id: string) => ({ referenced_actor_type: 'workspace-member', referenced_actor_id: id });

/** The first owner goes to the one place there is, if it is free or may be overwritten; all that have no place go to the co-owners. */
const putOwners = (draft: Draft, held: HeldValues, ownerIds: readonly string[], overwrite: boolean): void => {
  const present = propertiesOf(held, 'owner', 'referenced_actor_id')[0];
  const owner = present === undefined || (overwrite && ownerIds[0] !== undefined) ? ownerIds[0] : present;
  if (owner !== present && owner !== undefined) draft['owner'] = memberReference(owner);
  const others = propertiesOf(held, coOwnersSlug, 'referenced_actor_id');
  const missing = ownerIds.filter(id => id !== owner && !others.includes(id));
  if (missing.length > 0) draft[coOwnersSlug] = missing.map(memberReference);
};

const opportunityValues = (outgoing: OutgoingOpportunity, held: HeldValues, overwrite: boolean): Writing => {
  const draft: Draft = {};
  putText(draft, held, 'name', outgoing.record.name, overwrite);
  putCompanies(draft, held, 'associated_company', outgoing.companyIds, overwrite);
  const people = propertiesOf(held, 'associated_people', 'target_record_id');
  const missing = outgoing.personIds.filter(id => !people.includes(id));
  if (missing.length > 0) {
    draft['associated_people'] = missing.map(id => ({ target_object: 'people', target_record_id: id }));
  }
  putOwners(draft, held, outgoing.ownerIds, overwrite);
  return { values: draft, otherKeys: [] };
};

const objectValues = (outgoing: Outgoing, held: HeldValues, overwrite: boolean): Writing => {
  switch (outgoing.object) {
    case 'organizations':
      return organizationValues(outgoing, held, overwrite);
    case 'persons':
      return personValues(outgoing, held, overwrite);
    case 'opportunities':
      return opportunityValues(outgoing, held, overwrite);
  }
};

/** What the mapping names: a single value is set as a text is, and of several those that are missing are added. */
const putValues = (draft: Draft, held: HeldValues, wanted: OutgoingValues, overwrite: boolean): void => {
  const { slug, type, isMultiple, values } = wanted;
  const present = heldKeys(type, itemsOf(held, slug));
  const missing = values.filter(value => !present.includes(valueKey(type, value)));
  if (missing.length === 0) return;
  if (isMultiple) draft[slug] = missing.map(value => writeValue(type, value));
  else if (present.length === 0 || overwrite) draft[slug] = missing.map(value => writeValue(type, value))[0];
};

const withMarkers = (writing: Writing, outgoing: Outgoing, held: HeldValues): Writing => {
  const draft: Draft = { ...writing.values };
  putMarkers(draft, held, [outgoing.record.id, ...outgoing.mergedIds]);
  return { ...writing, values: draft };
};

/** What a new record is made of. Pure. */
export const newValues = (outgoing: Outgoing): Writing => changedValues(outgoing, {}, 'match_and_fill_empty');

/** What has to be written so that a record with the values `held` is as the policy wants it; no values where it is so already. Pure. */
export const changedValues = (outgoing: Outgoing, held: HeldValues, policy: ExistingPolicy): Writing => {
  const nothing: Writing = { values: {}, otherKeys: [] };
  if (policy === 'create_only') return nothing;
  if (policy === 'match_and_keep') return withMarkers(nothing, outgoing, held);
  const overwrite = policy === 'match_and_overwrite';
  const writing = objectValues(outgoing, held, overwrite);
  const draft: Draft = { ...writing.values };
  for (const values of outgoing.values) putValues(draft, held, values, overwrite);
  return withMarkers({ ...writing, values: draft }, outgoing, held);
};
