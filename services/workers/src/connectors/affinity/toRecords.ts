import { compareSourceIds } from '../../records/merge.ts';
import type { OrganizationRecord, PersonRecord } from '../../records/model.ts';
import {
  distinct,
  normaliseDomain,
  normaliseEmail,
  normaliseText,
  sortKeys,
  textOrNull,
} from '../../records/normalise.ts';
import { fieldsOf } from './cells.ts';
import { type FieldIds, textsOf } from './fields.ts';
import type { Company, CompanyReference, Person } from './shapes.ts';

/** Former names stand in one text, parted by semicolons. */
const splitNames = (texts: readonly string[]): string[] =>
  distinct(
    texts
      .flatMap(text => text.split(';'))
      .map(normaliseText)
      .filter(name => name !== ''),
  );

const present = (text: string | null | undefined): readonly string[] => (text ? [text] : []);

export const toOrganization = (company: Company, ids: FieldIds): OrganizationRecord => {
  const domains = sortKeys([...present(company.domain), ...company.domains], normaliseDomain);
  const name = textOrNull(company.name) ?? domains.valid[0] ?? `Organization ${company.id}`;
  return {
    id: company.id,
    name,
    formerNames: splitNames(textsOf(company.fields, ids.formerNames)),
    domains: domains.valid,
    invalidDomains: domains.invalid,
    fields: fieldsOf(company.fields, ids.formerNames),
  };
};

/**
 * A person's organizations, the primary one first: the first whose domain is the domain of the primary address, else the one with the lowest id;
 * the others by their ids. (Which of them is current, only a listing of the older API tells.)
 * @param moreIds those that the listing cut off; their domains are not known.
 */
export const orderOrganizations = (
  companies: readonly CompanyReference[],
  moreIds: readonly string[],
  primaryAddress: string | null,
): string[] => {
  const ids = distinct([...companies.map(company => company.id), ...moreIds]).toSorted(compareSourceIds);
  const domain = normaliseDomain(primaryAddress?.split('@').at(-1) ?? '');
  const primary = companies.find(
    company => domain !== null && company.domain && normaliseDomain(company.domain) === domain,
  );
  return distinct([...present(primary?.id), ...ids]);
};

/** @param organizationIds in the order of `orderOrganizations`. */
export const toPerson = (person: Person, organizationIds: readonly string[], ids: FieldIds): PersonRecord => {
  const emails = sortKeys([...present(person.primaryEmailAddress), ...person.emailAddresses], normaliseEmail);
  const firstName = normaliseText(person.firstName ?? '');
  const lastName = normaliseText(person.lastName ?? '');
  const mailbox = (emails.valid[0] ?? emails.invalid[0])?.split('@')[0];
  return {
    id: person.id,
    firstName,
    lastName,
    fullName: [firstName, lastName].filter(part => part !== '').join(' ') || mailbox || `Person ${person.id}`,
    emails: emails.valid,
    invalidEmails: emails.invalid,
    organizationIds: [...organizationIds],
    fields: fieldsOf(person.fields, ids.organizations),
  };
};

/** The address that the primary organization is chosen by: the one named primary, else the first. */
export const primaryAddressOf = (person: Person): string | null =>
  person.primaryEmailAddress ?? person.emailAddresses[0] ?? null;
