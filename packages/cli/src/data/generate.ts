import { faker } from '@faker-js/faker/locale/en';
import { type ActivitySizes, generatedLists, newActivity } from './generateActivity.ts';
import {
  oddDescriptions,
  oddLinkedIns,
  oddOrganizationNames,
  oddPersonNames,
  oddWebsites,
  titleSpellings,
} from './oddities.ts';
import type { CrmData, CrmFrame, CrmPart, OrganizationRow, PersonRow, UserRow } from './rows.ts';

export interface GenerateOptions {
  /** Equal seeds give equal data, with this version of faker. */
  readonly seed: number;
  readonly organizations?: number;
  readonly persons?: number;
}

/** Every second counts in a first demo: this many move in a few seconds and still show every kind of dirt. */
const defaults = { organizations: 300, persons: 500 } as const;

/** Reserved for examples, so that no address here can belong to anybody. Source: RFC 2606. */
const topLevel = 'example';

const users: readonly UserRow[] = ['Ines Holm', 'Per Aakre', 'Noor Amari', 'Jon Bell', 'Wei Lin'].map(
  (name, index) => ({
    id: `usr-${index + 1}`,
    name,
    email: `${name.toLowerCase().replace(' ', '.')}@example.com`,
  }),
);

const slugOf = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '') || 'unnamed';

const maybe = <T>(probability: number, value: () => T): T | null =>
  faker.datatype.boolean({ probability }) ? value() : null;

/** Every n-th index, starting late enough that the kinds of dirt do not all meet in the same rows. */
const every = (index: number, n: number, from: number): boolean => index % n === from % n;

const newOrganization = (index: number): OrganizationRow => {
  const odd = every(index, 12, 5)
    ? oddOrganizationNames[Math.floor(index / 12) % oddOrganizationNames.length]
    : undefined;
  const name = odd ?? faker.company.name();
  const domain = `${slugOf(name)}-${index + 1}.${topLevel}`;
  const domains = every(index, 14, 3)
    ? []
    : every(index, 25, 7)
      ? [domain, `get-${domain}`, ...(every(index, 50, 7) ? [`${slugOf(name)}-${index + 1}.test`] : [])]
      : [domain];
  return {
    id: `org-${String(index + 1).padStart(4, '0')}`,
    name,
    former_names: [],
    domains,
    website: every(index, 20, 9)
      ? (oddWebsites(domain)[Math.floor(index / 20) % 4] ?? null)
      : domains.length === 0
        ? null
        : `https://www.${domains[0]}`,
    description: every(index, 30, 11)
      ? (oddDescriptions[Math.floor(index / 30) % oddDescriptions.length] ?? null)
      : maybe(0.85, () => faker.company.catchPhrase()),
    location: maybe(0.85, () => `${faker.location.city()}, ${faker.location.state({ abbreviated: true })}, USA`),
    address: maybe(0.4, () => faker.location.streetAddress()),
    city: maybe(0.8, () => faker.location.city()),
    country: maybe(0.8, () => faker.location.countryCode()),
    founded_year: maybe(0.7, () => faker.number.int({ min: 1998, max: 2024 })),
    batch: maybe(0.9, () => `${faker.helpers.arrayElement(['Winter', 'Summer', 'Fall'])} ${2005 + (index % 19)}`),
    team_size: maybe(0.85, () => faker.number.int({ min: 1, max: 900 })),
    industry: maybe(0.9, () => faker.helpers.arrayElement(['B2B', 'Consumer', 'Fintech', 'Healthcare', 'Industrials'])),
    subindustry: maybe(0.6, () => faker.helpers.arrayElement(['Security', 'Payments', 'Robotics', 'Education'])),
    tags: faker.helpers.arrayElements(['SaaS', 'AI', 'Marketplace', 'API', 'Climate', 'Hardware'], { min: 0, max: 3 }),
    regions: faker.helpers.arrayElements(['United States of America', 'Europe', 'Remote'], { min: 0, max: 2 }),
    stage: maybe(0.9, () => faker.helpers.arrayElement(['Early', 'Growth'])),
    status: maybe(0.95, () => faker.helpers.arrayElement(['Active', 'Inactive', 'Acquired', 'Public'])),
    url: `https://directory.example/companies/${index + 1}`,
    linkedin_url: maybe(0.6, () => `https://www.linkedin.com/company/${slugOf(name)}-${index + 1}`),
    twitter_url: maybe(0.4, () => `https://twitter.com/${slugOf(name)}`),
    facebook_url: maybe(0.2, () => `https://www.facebook.com/${slugOf(name)}`),
    github_url: null,
    crunchbase_url: maybe(0.3, () => `https://www.crunchbase.com/organization/${slugOf(name)}`),
    top_company: every(index, 40, 1),
    is_hiring: maybe(0.9, () => faker.datatype.boolean()),
    nonprofit: every(index, 60, 2) ? true : maybe(0.9, () => false),
    owner_id: maybe(0.3, () => faker.helpers.arrayElement(users).id),
    created_at: maybe(0.9, () =>
      faker.date.between({ from: '2010-01-01T00:00:00Z', to: '2024-12-31T00:00:00Z' }).toISOString(),
    ),
  };
};

/**
 * Puts relations into the later rows that are no accident: the same company under a former name (a true double), another company at a
 * bought company's domain (a double only by its domain), an equal name at another domain.
 */
const entangle = (rows: OrganizationRow[]): void => {
  const withDomain = rows.filter(row => row.domains.length === 1 && /^[\x20-\x7e]+$/.test(row.name));
  const take = (fromEnd: number): OrganizationRow | undefined => withDomain.at(-1 - fromEnd);
  const change = (row: OrganizationRow | undefined, changes: Partial<OrganizationRow>): void => {
    if (row) rows[rows.indexOf(row)] = { ...row, ...changes };
  };
  const kinds = Math.max(1, Math.min(6, Math.floor(withDomain.length / 30)));
  for (let i = 0; i < kinds; i++) {
    const elder = withDomain[i * 3];
    if (!elder) return;
    const formerName = `${elder.name.split(' ')[0] ?? elder.name} Former ${i + 1}`;
    change(elder, { former_names: i % 2 === 0 ? [formerName] : [formerName, `Even Earlier ${i + 1}`] });
    change(take(i * 3), { name: formerName, domains: elder.domains, website: `https://${elder.domains[0]}` });
    const buyer = withDomain[i * 3 + 1];
    if (buyer && i < 2) change(take(i * 3 + 1), { domains: buyer.domains, status: 'Acquired' });
    const namesake = withDomain[i * 3 + 2];
    if (namesake) change(take(i * 3 + 2), { name: i % 2 === 0 ? namesake.name : namesake.name.toUpperCase() });
  }
};

/** Where a person works: nowhere, at one place or at several. The ones with several have their address at one that is not the first. */
const organizationsFor = (index: number, organizations: readonly OrganizationRow[]): OrganizationRow[] => {
  if (every(index, 24, 10)) return [];
  const count = every(index, 40, 15) ? 2 + (Math.floor(index / 40) % 3) : 1;
  return faker.helpers.arrayElements(organizations, count);
};

const newPerson = (index: number, organizations: readonly OrganizationRow[]): PersonRow => {
  const odd = every(index, 16, 6) ? oddPersonNames[Math.floor(index / 16) % oddPersonNames.length] : undefined;
  const first = odd?.first ?? faker.person.firstName();
  const last = odd ? odd.last : faker.person.lastName();
  const places = organizationsFor(index, organizations);
  const domains = places.flatMap(place => place.domains[0] ?? []);
  const mailbox = `${slugOf(first)}.${slugOf(last ?? 'x')}.${index + 1}`;
  const emails = every(index, 20, 17) ? [] : [...new Set(domains)].toReversed().map(domain => `${mailbox}@${domain}`);
  const handle = `https://www.linkedin.com/in/${mailbox.replaceAll('.', '-')}`;
  return {
    id: `per-${String(index + 1).padStart(5, '0')}`,
    first_name: first,
    last_name: last,
    emails: every(index, 35, 12) ? emails.map(email => email.toUpperCase()) : emails,
    titles: faker.helpers.arrayElements(titleSpellings, places.length === 0 ? 1 : { min: 1, max: 2 }),
    organization_ids: places.map(place => place.id),
    linkedin_url: every(index, 45, 20)
      ? (oddLinkedIns(first, last ?? '')[Math.floor(index / 45) % 4] ?? null)
      : maybe(0.88, () => handle),
    twitter_url: maybe(0.35, () => `https://x.com/${slugOf(first)}${index + 1}`),
  };
};

/** The same person a second time (same name, one address more or less), and other persons of the same name. */
const repeatPersons = (rows: PersonRow[]): void => {
  const withAddress = rows.filter(row => row.emails.length > 0);
  const kinds = Math.max(1, Math.min(8, Math.floor(withAddress.length / 25)));
  for (let i = 0; i < kinds; i++) {
    const elder = withAddress[i * 2];
    const double = withAddress.at(-1 - i * 2);
    const namesake = withAddress.at(-2 - i * 2);
    if (!elder || !double || !namesake) return;
    const { first_name, last_name } = elder;
    const own = i % 2 === 0 ? [] : double.emails;
    rows[rows.indexOf(double)] = { ...double, first_name, last_name, emails: [...elder.emails.slice(0, 1), ...own] };
    rows[rows.indexOf(namesake)] = { ...namesake, first_name, last_name: last_name?.toLowerCase() ?? null };
  }
};

interface PartSizes extends ActivitySizes {
  readonly organizations: number;
  readonly persons: number;
}

/** Of one record of each kind to all records, as in vc-crm; notes are the rest. */
const shares = { organizations: 0.116, persons: 0.201, opportunities: 0.137, listEntries: 0.366 } as const;

/** How many opportunities, entries and notes belong to so many organizations, and what a CRM of so many records is made of. */
const activityFor = (organizations: number): ActivitySizes => {
  const share = (of: number): number => Math.round((organizations / shares.organizations) * of);
  const notes = 1 - shares.organizations - shares.persons - shares.opportunities - shares.listEntries;
  return { opportunities: share(shares.opportunities), listEntries: share(shares.listEntries), notes: share(notes) };
};

const sizesFor = (records: number): PartSizes => {
  const organizations = Math.max(1, Math.round(records * shares.organizations));
  const persons = Math.round(records * shares.persons);
  const opportunities = Math.round(records * shares.opportunities);
  const listEntries = Math.round(records * shares.listEntries);
  const notes = records - organizations - persons - opportunities - listEntries;
  return { organizations, persons, opportunities, listEntries, notes: Math.max(0, notes) };
};

const newPart = (seed: number, sizes: PartSizes, before: PartSizes): CrmPart => {
  faker.seed(seed);
  const organizations = Array.from({ length: sizes.organizations }, (_, i) =>
    newOrganization(before.organizations + i),
  );
  entangle(organizations);
  const persons = Array.from({ length: sizes.persons }, (_, i) => newPerson(before.persons + i, organizations));
  repeatPersons(persons);
  return { organizations, persons, ...newActivity({ users, organizations, persons }, sizes, before) };
};

const nothing: PartSizes = { organizations: 0, persons: 0, opportunities: 0, listEntries: 0, notes: 0 };

/** The users and lists of every generated CRM. */
export const generatedFrame: CrmFrame = { users, lists: generatedLists };

/**
 * A made-up CRM with the same kinds of dirt as vc-crm's README lists. Same options, same data: no clock, and randomness from the seed
 * only. Not safe to interleave with other uses of faker.
 */
export const generate = (options: GenerateOptions): CrmData => {
  const { organizations = defaults.organizations, persons = defaults.persons } = options;
  const sizes = { organizations, persons, ...activityFor(organizations) };
  return { ...generatedFrame, ...newPart(options.seed, sizes, nothing) };
};

/** Large enough for every kind of dirt, small enough to be forgotten at once. */
const recordsPerPart = 2_500;

/**
 * The same in parts of at most 2,500 records, for a CRM that is too large to hold: exactly `records` organizations, persons,
 * opportunities, list entries and notes together, in the proportions of vc-crm. Its users and lists are `generatedFrame`.
 * @param options.records at least 1; a whole part has every kind, a small last one may lack some.
 */
export function* generateParts(options: { readonly seed: number; readonly records: number }): Generator<CrmPart> {
  let before = nothing;
  for (let left = options.records, part = 0; left > 0; part++) {
    const count = Math.min(left, recordsPerPart);
    const sizes = sizesFor(count);
    yield newPart(options.seed + part, sizes, before);
    before = {
      organizations: before.organizations + sizes.organizations,
      persons: before.persons + sizes.persons,
      opportunities: before.opportunities + sizes.opportunities,
      listEntries: before.listEntries + sizes.listEntries,
      notes: before.notes + sizes.notes,
    };
    left -= count;
  }
}
