import { describe, expect, it } from 'vitest';
import {
  primaryOrganization,
  reconcile,
  type Source,
  type Target,
  type TargetCompany,
  type TargetDeal,
  type TargetPerson,
} from './reconcile.ts';

const source: Source = {
  organizations: [
    { id: '1', name: 'Alpha', domains: ['alpha.example'] },
    { id: '2', name: 'Alpha before', domains: ['alpha.example'] },
    { id: '10', name: 'Beta', domains: [] },
  ],
  persons: [
    {
      id: '1',
      name: 'Noor',
      primaryEmail: 'noor@alpha.example',
      organizations: [
        { id: '10', domain: null },
        { id: '1', domain: 'alpha.example' },
      ],
    },
    {
      id: '2',
      name: 'Per',
      primaryEmail: null,
      organizations: [
        { id: '10', domain: null },
        { id: '2', domain: 'alpha.example' },
      ],
    },
    { id: '3', name: 'Noor too', primaryEmail: 'noor@alpha.example', organizations: [{ id: '10', domain: null }] },
    { id: '4', name: 'Alone', primaryEmail: null, organizations: [] },
  ],
  opportunities: [
    {
      id: '5',
      name: 'Alpha seed',
      organizationIds: ['2', '10'],
      personIds: ['3'],
      owners: ['left@birch.example', 'ines@birch.example'],
      listOwner: 'lars@birch.example',
    },
    {
      id: '6',
      name: 'Nothing yet',
      organizationIds: [],
      personIds: [],
      owners: ['left@birch.example'],
      listOwner: 'lars@birch.example',
    },
  ],
};

/** The right target: organization 2 was merged into 1, person 3 into 1, whose second company stands in other_companies. */
const target: Target = {
  companies: [
    { recordId: 'c-a', affinityId: '1', mergedIds: ['2'], domains: ['alpha.example'] },
    { recordId: 'c-b', affinityId: '10', mergedIds: [], domains: [] },
  ],
  people: [
    { recordId: 'p-1', affinityId: '1', mergedIds: ['3'], emails: ['noor@alpha.example'], companies: ['c-a', 'c-b'] },
    { recordId: 'p-2', affinityId: '2', mergedIds: [], emails: [], companies: ['c-a'] },
    { recordId: 'p-4', affinityId: '4', mergedIds: [], emails: [], companies: [] },
  ],
  deals: [
    {
      recordId: 'd-5',
      affinityId: '5',
      mergedIds: [],
      companies: ['c-a', 'c-b'],
      people: ['p-1'],
      owners: ['ines@birch.example'],
    },
    { recordId: 'd-6', affinityId: '6', mergedIds: [], companies: [], people: [], owners: ['lars@birch.example'] },
  ],
  members: ['ines@birch.example', 'lars@birch.example'],
};

const [alpha, beta] = target.companies as [TargetCompany, TargetCompany];
const [noor, per, alone] = target.people as [TargetPerson, TargetPerson, TargetPerson];

const [seed, empty] = target.deals as [TargetDeal, TargetDeal];

const withDeals = (deals: Target['deals']): Target => ({ ...target, deals });
const withPeople = (people: Target['people']): Target => ({ ...target, people });
const withCompanies = (companies: Target['companies']): Target => ({ ...target, companies });

describe('the primary organization', () => {
  it('is the one at the domain of the primary address', () => {
    expect(
      primaryOrganization({
        id: '1',
        name: '',
        primaryEmail: 'A@ALPHA.example',
        organizations: [
          { id: '3', domain: null },
          { id: '7', domain: 'Alpha.example' },
        ],
      }),
    ).toBe('7');
  });
  it('is else the one with the lowest id, as a number', () => {
    expect(
      primaryOrganization({
        id: '1',
        name: '',
        primaryEmail: 'a@else.example',
        organizations: [
          { id: '10', domain: 'x.example' },
          { id: '9', domain: null },
        ],
      }),
    ).toBe('9');
  });
  it('is none for whoever has none', () => {
    expect(primaryOrganization({ id: '1', name: '', primaryEmail: null, organizations: [] })).toBeUndefined();
  });
});

describe('the reconciliation', () => {
  it('finds nothing where all is well', () => {
    expect(reconcile(source, target, [])).toEqual({
      lost: [],
      duplicates: [],
      relationsExpected: 8,
      relationsFound: 8,
      relationsMissing: [],
      marked: { companies: 2, people: 3, deals: 2 },
    });
  });

  it('finds lost records, of every kind', () => {
    const less = {
      ...target,
      companies: target.companies.slice(1),
      people: target.people.slice(0, 2),
      deals: target.deals.slice(1),
    };
    expect(reconcile(source, less, []).lost).toEqual([
      'organizations 1',
      'organizations 2',
      'persons 4',
      'opportunities 5',
    ]);
  });

  it('does not take a part of an id for the id', () => {
    const found = reconcile(source, withCompanies([{ ...alpha, affinityId: '11', mergedIds: ['12', '21'] }, beta]), []);
    expect(found.lost).toEqual(['organizations 1', 'organizations 2']);
  });

  it('excuses what was skipped, and what only a person can resolve, but not what merely failed', () => {
    const without = withPeople(target.people.slice(0, 2));
    const notMoved = (outcome: 'skipped' | 'failed', reason: string | null) =>
      reconcile(source, without, [{ object: 'persons', sourceId: '4', outcome, reason }]).lost;
    expect(notMoved('skipped', 'exists_in_target')).toEqual([]);
    expect(notMoved('failed', 'ambiguous_match')).toEqual([]);
    expect(notMoved('failed', 'target_validation')).toEqual([]);
    expect(notMoved('failed', 'unavailable')).toEqual(['persons 4']);
    expect(notMoved('failed', null)).toEqual(['persons 4']);
    expect(
      reconcile(source, without, [{ object: 'organizations', sourceId: '4', outcome: 'skipped', reason: null }]).lost,
    ).toEqual(['persons 4']);
  });

  it('finds a second record for one source id, also where one was merged', () => {
    const again = { recordId: 'p-9', affinityId: '4', mergedIds: [], emails: [], companies: [] };
    expect(reconcile(source, withPeople([...target.people, again]), []).duplicates).toEqual(['p-9']);
    const merged = { recordId: 'c-9', affinityId: '2', mergedIds: [], domains: [] };
    expect(reconcile(source, withCompanies([...target.companies, merged]), []).duplicates).toEqual(['c-9']);
    const deal = { ...seed, recordId: 'd-9' };
    expect(reconcile(source, withDeals([...target.deals, deal]), []).duplicates).toEqual(['d-9']);
  });

  it('finds records that share a domain or an address, whatever its capitals, and counts each once', () => {
    const company = { recordId: 'c-9', affinityId: null, mergedIds: [], domains: ['ALPHA.example'] };
    expect(reconcile(source, withCompanies([...target.companies, company]), []).duplicates).toEqual(['c-9']);
    const person = { recordId: 'p-9', affinityId: '1', mergedIds: [], emails: ['Noor@alpha.example'], companies: [] };
    expect(reconcile(source, withPeople([...target.people, person]), []).duplicates).toEqual(['p-9']);
  });

  it('finds a relation that is missing or leads to the wrong company', () => {
    const wrong = reconcile(source, withPeople([noor, { ...per, companies: ['c-b'] }, alone]), []);
    expect(wrong).toMatchObject({ relationsFound: 7, relationsMissing: ['persons 2 → organizations 2'] });
    const missing = reconcile(source, withPeople([{ ...noor, companies: ['c-a'] }, per, alone]), []);
    expect(missing.relationsMissing).toEqual(['persons 3 → organizations 10']);
  });

  it('finds a deal that is without one of its companies, its people or its owner, or with another owner', () => {
    const missing = (deals: Target['deals']) => reconcile(source, withDeals(deals), []).relationsMissing;
    expect(missing([{ ...seed, companies: ['c-a'] }, empty])).toEqual(['opportunities 5 → organizations 10']);
    expect(missing([{ ...seed, people: ['p-2'] }, empty])).toEqual(['opportunities 5 → persons 3']);
    expect(missing([{ ...seed, owners: ['lars@birch.example'] }, empty])).toEqual([
      'opportunities 5 → owner ines@birch.example',
    ]);
    expect(missing([seed, { ...empty, owners: [] }])).toEqual(['opportunities 6 → owner lars@birch.example']);
  });

  it('expects no relation of a record that was not to be loaded', () => {
    const notMoved = [{ object: 'organizations' as const, sourceId: '10', outcome: 'skipped' as const, reason: null }];
    expect(reconcile(source, withCompanies(target.companies.slice(0, 1)), notMoved)).toMatchObject({
      lost: [],
      relationsExpected: 6,
      relationsFound: 6,
    });
  });
});
