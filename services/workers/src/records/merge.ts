import type { ObjectName } from '@freight/contracts';
import type { OrganizationRecord, PersonRecord, RecordOf } from './model.ts';
import { distinct, normaliseName } from './normalise.ts';

const isNumber = /^(?:0|[1-9][0-9]*)$/u;

/** The order of source ids: numbers by their value and before all others, which go by their code units. */
export const compareSourceIds = (a: string, b: string): number => {
  const numbers = Number(isNumber.test(b)) - Number(isNumber.test(a));
  if (numbers !== 0) return numbers;
  if (isNumber.test(a) && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
};

/** The leader's value, else the first one that is there. */
const first = <T>(values: readonly (T | null)[]): T | null => values.find(value => value !== null) ?? null;

const mergeOrganizations = (members: readonly OrganizationRecord[], leader: OrganizationRecord): OrganizationRecord => {
  const otherNames = members.map(m => m.name).filter(name => normaliseName(name) !== normaliseName(leader.name));
  return {
    id: leader.id,
    name: leader.name,
    formerNames: distinct([...members.flatMap(m => m.formerNames), ...otherNames]).filter(name => name !== leader.name),
    domains: distinct(members.flatMap(m => m.domains)),
    invalidDomains: distinct(members.flatMap(m => m.invalidDomains)),
    description: first(members.map(m => m.description)),
    linkedin: first(members.map(m => m.linkedin)),
    twitter: first(members.map(m => m.twitter)),
  };
};

const mergePersons = (members: readonly PersonRecord[], leader: PersonRecord): PersonRecord => {
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
    jobTitles: distinct(members.flatMap(m => m.jobTitles)),
    linkedin: first(members.map(m => m.linkedin)),
    twitter: first(members.map(m => m.twitter)),
  };
};

/**
 * One record out of several that are the same one: the smallest source id leads, what it lacks comes from the others in the order of their ids,
 * lists are united. Pure; the order of `members` does not matter. @throws RangeError without members.
 */
export const mergeRecords = <O extends ObjectName>(object: O, members: readonly RecordOf[O][]): RecordOf[O] => {
  const ordered = members.toSorted((a, b) => compareSourceIds(a.id, b.id));
  const leader = ordered[0];
  if (leader === undefined) throw new RangeError('Nothing to merge');
  const merged =
    object === 'organizations'
      ? mergeOrganizations(ordered as readonly OrganizationRecord[], leader as OrganizationRecord)
      : mergePersons(ordered as readonly PersonRecord[], leader as PersonRecord);
  return merged as RecordOf[O];
};
