import type { ObjectName } from '@freight/contracts';
import type { OpportunityRecord, OrganizationRecord, PersonRecord, RecordOf } from './model.ts';
import { distinct, normaliseName } from './normalise.ts';

const isNumber = /^(?:0|[1-9][0-9]*)$/u;

/** The order of source ids: numbers by their value and before all others, which go by their code units. */
export const compareSourceIds = (a: string, b: string): number => {
  const numbers = Number(isNumber.test(b)) - Number(isNumber.test(a));
  if (numbers !== 0) return numbers;
  if (isNumber.test(a) && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
};

type Fields = OrganizationRecord['fields'];

const distinctValues = (values: readonly unknown[]): unknown[] => [
  ...new Map(values.map(value => [JSON.stringify(value), value])).values(),
];

/** Each field has the leader's values, else those of the first that has any; where it may hold several, those of all. */
const mergeFields = (members: readonly { readonly fields: Fields }[], isMultiple: IsMultiple): Fields => {
  const merged: Fields = {};
  for (const id of distinct(members.flatMap(member => Object.keys(member.fields)))) {
    const all = members.flatMap(member => (member.fields[id] ? [member.fields[id]] : []));
    merged[id] = isMultiple(id) ? distinctValues(all.flat()) : (all[0] ?? []);
  }
  return merged;
};

/** Whether a field may hold several values. */
export type IsMultiple = (fieldId: string) => boolean;

const mergeOrganizations = (
  members: readonly OrganizationRecord[],
  leader: OrganizationRecord,
  isMultiple: IsMultiple,
): OrganizationRecord => {
  const otherNames = members.map(m => m.name).filter(name => normaliseName(name) !== normaliseName(leader.name));
  return {
    id: leader.id,
    name: leader.name,
    formerNames: distinct([...members.flatMap(m => m.formerNames), ...otherNames]).filter(name => name !== leader.name),
    domains: distinct(members.flatMap(m => m.domains)),
    invalidDomains: distinct(members.flatMap(m => m.invalidDomains)),
    fields: mergeFields(members, isMultiple),
  };
};

const mergePersons = (members: readonly PersonRecord[], leader: PersonRecord, isMultiple: IsMultiple): PersonRecord => {
  // The three parts of a name belong together: a first name of one and a last name of another would be nobody.
  const named = members.find(m => m.firstName !== '' || m.lastName !== '') ?? leader;
  return {
    id: leader.id,
    firstName: named.firstName,
    lastName: named.lastName,
    fullName: named.fullName,
    emails: distinct(members.flatMap(m => m.emails)),
    invalidEmails: distinct(members.flatMap(m => m.invalidEmails)),
    organizationIds: distinct(members.flatMap(m => m.organizationIds)),
    fields: mergeFields(members, isMultiple),
  };
};

/** Opportunities are never the same one: a group has one member. */
const soleOpportunity = (_: readonly OpportunityRecord[], leader: OpportunityRecord): OpportunityRecord => leader;

type Merge<R> = (members: readonly R[], leader: R, isMultiple: IsMultiple) => R;
const merges: { readonly [O in ObjectName]: Merge<RecordOf[O]> } = {
  organizations: mergeOrganizations,
  persons: mergePersons,
  opportunities: soleOpportunity,
};

/**
 * One record out of several that are the same one: the smallest source id leads, what it lacks comes from the others in the order of their ids,
 * lists are united. Pure; the order of `members` does not matter. @throws RangeError without members.
 */
export const mergeRecords = <O extends ObjectName>(
  object: O,
  members: readonly RecordOf[O][],
  isMultiple: IsMultiple,
): RecordOf[O] => {
  const ordered = members.toSorted((a, b) => compareSourceIds(a.id, b.id));
  const leader = ordered[0];
  if (leader === undefined) throw new RangeError('Nothing to merge');
  return merges[object](ordered, leader, isMultiple);
};
