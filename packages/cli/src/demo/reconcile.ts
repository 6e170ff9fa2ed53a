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

export interface Source {
  readonly organizations: readonly SourceOrganization[];
  readonly persons: readonly SourcePerson[];
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

export interface Target {
  readonly companies: readonly TargetCompany[];
  readonly people: readonly TargetPerson[];
}

/** A record that the job says it did not move. */
export interface NotMoved {
  readonly object: 'organizations' | 'persons';
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
  /** Persons whose primary company is not theirs at the target. */
  readonly relationsMissing: readonly string[];
  /** Target records with a mark of ours. */
  readonly marked: { readonly companies: number; readonly people: number };
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

/** Compares the two sides. @param notMoved the records with outcome skipped or failed, as the API lists them. */
export const reconcile = (source: Source, target: Target, notMoved: readonly NotMoved[]): Reconciliation => {
  const excused = new Set(notMoved.filter(isExcused).map(one => `${one.object} ${one.sourceId}`));
  const companies = indexByMark(target.companies);
  const people = indexByMark(target.people);

  const lost = [
    ...source.organizations.filter(one => !companies.has(one.id)).map(one => `organizations ${one.id}`),
    ...source.persons.filter(one => !people.has(one.id)).map(one => `persons ${one.id}`),
  ].filter(name => !excused.has(name));

  const duplicates = new Set([
    ...surplusBy(target.companies, marksOf),
    ...surplusBy(target.companies, company => company.domains),
    ...surplusBy(target.people, marksOf),
    ...surplusBy(target.people, person => person.emails),
  ]);

  let relationsExpected = 0;
  const relationsMissing: string[] = [];
  for (const person of source.persons) {
    const organization = primaryOrganization(person);
    if (organization === undefined) continue;
    if (excused.has(`persons ${person.id}`) || excused.has(`organizations ${organization}`)) continue;
    relationsExpected++;
    const standsFor = new Set(companies.get(organization)?.map(company => company.recordId));
    const isKept = people.get(person.id)?.some(record => record.companies.some(id => standsFor.has(id)));
    if (!isKept) relationsMissing.push(person.id);
  }

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
    },
  };
};
