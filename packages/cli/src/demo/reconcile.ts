/**
 * The proof: everything that was at the source against everything that is at the target. Pure, and independent of Freight's own
 * tables; of Freight it is told only which records were skipped or failed, and why.
 */
export interface SourceOrganization {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
}

export interface SourcePerson {
  readonly id: string;
  readonly name: string;
  readonly primaryEmail: string | null;
  /** In the order of the listing. */
  readonly organizations: readonly { readonly id: string; readonly domain: string | null }[];
}

export interface SourceOpportunity {
  readonly id: string;
  readonly name: string;
  readonly organizationIds: readonly string[];
  /** Without colleagues. */
  readonly personIds: readonly string[];
  /** Addresses of its owners. */
  readonly owners: readonly string[];
  /** The address of whoever owns its list; null where nobody does. */
  readonly listOwner: string | null;
}

export interface Source {
  readonly organizations: readonly SourceOrganization[];
  readonly persons: readonly SourcePerson[];
  readonly opportunities: readonly SourceOpportunity[];
}

interface TargetRecord {
  readonly recordId: string;
  /** The mark of the source record that it was made from; null on a record that is not ours. */
  readonly affinityId: string | null;
  /** The marks of the source records that were merged into it. */
  readonly mergedIds: readonly string[];
}

export interface TargetCompany extends TargetRecord {
  readonly domains: readonly string[];
}

export interface TargetPerson extends TargetRecord {
  readonly emails: readonly string[];
  /** Record ids of `company` and `other_companies`. */
  readonly companies: readonly string[];
}

export interface TargetDeal extends TargetRecord {
  /** Record ids of `associated_company` and `other_companies`. */
  readonly companies: readonly string[];
  readonly people: readonly string[];
  /** Members' addresses, of `owner` and `co_owners`. */
  readonly owners: readonly string[];
}

export interface Target {
  readonly companies: readonly TargetCompany[];
  readonly people: readonly TargetPerson[];
  readonly deals: readonly TargetDeal[];
  /** Addresses of everybody who can own something there. */
  readonly members: readonly string[];
}

/** A record that the job says it did not move. */
export interface NotMoved {
  readonly object: 'organizations' | 'persons' | 'opportunities';
  readonly sourceId: string;
  readonly outcome: 'skipped' | 'failed';
  readonly reason: string | null;
}

export interface Reconciliation {
  /** Source records that are in no target record, and neither skipped by a policy nor refused for a reason that only a person can resolve. */
  readonly lost: readonly string[];
  /** Surplus target records: a second one for one source record, or one that shares what must be unique. */
  readonly duplicates: readonly string[];
  readonly relationsExpected: number;
  readonly relationsFound: number;
  /** Relations that the target lacks: the source record, and what it is no longer with. */
  readonly relationsMissing: readonly string[];
  /** Target records with a mark of ours. */
  readonly marked: { readonly companies: number; readonly people: number; readonly deals: number };
}

/** Failures that trying again cannot mend: the record waits for a person. Any other failure leaves the record lost. */
const lastingReasons: ReadonlySet<string> = new Set(['ambiguous_match', 'target_validation', 'unique_conflict']);

const isExcused = (one: NotMoved): boolean =>
  one.outcome === 'skipped' || (one.reason !== null && lastingReasons.has(one.reason));

const byNumber = (a: string, b: string): number => Number(a) - Number(b);

/**
 * The organization that a person belongs to first: the one whose domain is that of the primary address, else the one with the lowest id;
 * undefined for a person without any.
 */
export const primaryOrganization = (person: SourcePerson): string | undefined => {
  const domain = person.primaryEmail?.split('@').at(-1)?.trim().toLowerCase();
  const atDomain = person.organizations.find(one => domain !== undefined && one.domain?.toLowerCase() === domain);
  return atDomain?.id ?? person.organizations.map(one => one.id).toSorted(byNumber)[0];
};

/** Which target records stand for a source id, by their marks. */
const indexByMark = <R extends TargetRecord>(records: readonly R[]): ReadonlyMap<string, readonly R[]> => {
  const index = new Map<string, R[]>();
  for (const record of records) {
    for (const id of new Set([...(record.affinityId === null ? [] : [record.affinityId]), ...record.mergedIds])) {
      const known = index.get(id);
      if (known) known.push(record);
      else index.set(id, [record]);
    }
  }
  return index;
};

/** All but the first of the records that share a value. */
const surplusBy = <R extends TargetRecord>(
  records: readonly R[],
  valuesOf: (record: R) => readonly string[],
): string[] => {
  const first = new Map<string, string>();
  const surplus: string[] = [];
  for (const record of records) {
    for (const value of new Set(valuesOf(record).map(text => text.trim().toLowerCase()))) {
      const holder = first.get(value);
      if (holder === undefined) first.set(value, record.recordId);
      else surplus.push(record.recordId);
    }
  }
  return surplus;
};

const marksOf = (record: TargetRecord): readonly string[] => [
  ...(record.affinityId === null ? [] : [record.affinityId]),
  ...record.mergedIds,
];

interface Relation {
  readonly from: string;
  readonly to: string;
  readonly isKept: boolean;
}
const relation = (from: string, to: string, isKept: boolean): Relation => ({ from, to, isKept });

/** Who has to own a deal: all its owners who are members, else the owner of its list. */
const ownersOf = ({ owners, listOwner }: SourceOpportunity, members: readonly string[]): readonly string[] => {
  const known = owners.filter(address => members.includes(address));
  if (known.length > 0) return known;
  return listOwner !== null && members.includes(listOwner) ? [listOwner] : [];
};

/** Compares the two sides. @param notMoved the records with outcome skipped or failed, as the API lists them. */
export const reconcile = (source: Source, target: Target, notMoved: readonly NotMoved[]): Reconciliation => {
  const excused = new Set(notMoved.filter(isExcused).map(one => `${one.object} ${one.sourceId}`));
  const companies = indexByMark(target.companies);
  const people = indexByMark(target.people);
  const deals = indexByMark(target.deals);

  const lost = [
    ...source.organizations.filter(one => !companies.has(one.id)).map(one => `organizations ${one.id}`),
    ...source.persons.filter(one => !people.has(one.id)).map(one => `persons ${one.id}`),
    ...source.opportunities.filter(one => !deals.has(one.id)).map(one => `opportunities ${one.id}`),
  ].filter(name => !excused.has(name));

  const duplicates = new Set([
    ...surplusBy(target.companies, marksOf),
    ...surplusBy(target.companies, company => company.domains),
    ...surplusBy(target.people, marksOf),
    ...surplusBy(target.people, person => person.emails),
    ...surplusBy(target.deals, marksOf),
  ]);

  const idsOf = (index: ReadonlyMap<string, readonly TargetRecord[]>, id: string) =>
    new Set(index.get(id)?.map(record => record.recordId));
  const kept = (ids: ReadonlySet<string>, held: readonly string[] | undefined) =>
    held?.some(id => ids.has(id)) ?? false;
  const relations = [
    ...source.persons.flatMap((person): Relation[] => {
      const organization = primaryOrganization(person);
      if (organization === undefined) return [];
      const held = people.get(person.id)?.flatMap(record => record.companies);
      return [
        relation(`persons ${person.id}`, `organizations ${organization}`, kept(idsOf(companies, organization), held)),
      ];
    }),
    ...source.opportunities.flatMap((one): Relation[] => {
      const own = deals.get(one.id) ?? [];
      const from = `opportunities ${one.id}`;
      const heldCompanies = own.flatMap(deal => deal.companies);
      const heldPeople = own.flatMap(deal => deal.people);
      const owners = new Set(own.flatMap(deal => deal.owners));
      return [
        ...one.organizationIds.map(id =>
          relation(from, `organizations ${id}`, kept(idsOf(companies, id), heldCompanies)),
        ),
        ...one.personIds.map(id => relation(from, `persons ${id}`, kept(idsOf(people, id), heldPeople))),
        ...ownersOf(one, target.members).map(address => relation(from, `owner ${address}`, owners.has(address))),
      ];
    }),
  ].filter(({ from, to }) => !excused.has(from) && !excused.has(to));
  const relationsExpected = relations.length;
  const relationsMissing = relations.filter(one => !one.isKept).map(({ from, to }) => `${from} → ${to}`);

  const isMarked = (record: TargetRecord): boolean => record.affinityId !== null;
  return {
    lost,
    duplicates: [...duplicates],
    relationsExpected,
    relationsFound: relationsExpected - relationsMissing.length,
    relationsMissing,
    marked: {
      companies: target.companies.filter(isMarked).length,
      people: target.people.filter(isMarked).length,
      deals: target.deals.filter(isMarked).length,
    },
  };
};
