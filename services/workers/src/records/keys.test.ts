import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SamePolicy } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { keysOf } from './keys.ts';
import type { OrganizationRecord, PersonRecord } from './model.ts';
import { normaliseDomain, normaliseEmail, sortKeys } from './normalise.ts';

const organization = (id: string, name: string, domains: string[], formerNames: string[] = []): OrganizationRecord => {
  const { valid, invalid } = sortKeys(domains, normaliseDomain);
  return {
    id,
    name,
    formerNames,
    domains: valid,
    invalidDomains: invalid,
    fields: {},
  };
};
const person = (id: string, fullName: string, emails: string[]): PersonRecord => {
  const { valid, invalid } = sortKeys(emails, normaliseEmail);
  return {
    id,
    firstName: fullName,
    lastName: '',
    fullName,
    emails: valid,
    invalidEmails: invalid,
    organizationIds: [],
    fields: {},
  };
};

describe('keys of an organization', () => {
  const acme = organization('1', 'Acmé, Inc.', ['acme.com', 'acme.org'], ['Old Acme']);

  it('pair each domain with each present and former name', () => {
    expect(keysOf('organizations', acme, 'key_and_name')).toEqual({
      same: ['acme.com acmeinc', 'acme.com oldacme', 'acme.org acmeinc', 'acme.org oldacme'],
      exclusive: ['acme.com', 'acme.org'],
    });
  });

  it('are the domains alone, or none, where the policy says so', () => {
    expect(keysOf('organizations', acme, 'key').same).toEqual(['acme.com', 'acme.org']);
    expect(keysOf('organizations', acme, 'never')).toEqual({ same: [], exclusive: ['acme.com', 'acme.org'] });
  });

  it('are none without a domain, whatever the name', () => {
    expect(keysOf('organizations', organization('2', 'Acme', []), 'key_and_name')).toEqual({ same: [], exclusive: [] });
  });
});

describe('keys of a person', () => {
  it('pair each address with the full name', () => {
    const ada = person('1', 'Ada Byron', ['A@x.com', 'b@x.com']);
    expect(keysOf('persons', ada, 'key_and_name')).toEqual({
      same: ['a@x.com adabyron', 'b@x.com adabyron'],
      exclusive: ['a@x.com', 'b@x.com'],
    });
  });

  it.each([
    ['Henry A. Lee', 'Henry Lee'],
    ['Muzzammil (MZ) Zaveri', 'Muzzammil Zaveri'],
    ['Tommy Sze Ngai Tsai', 'Tommy Tsai'],
    ['Sunny Tsang 🌞', 'Sunny Tsang'],
    ['Vasco C. Pedro', 'Vasco Calais Pedro'],
  ])('let %s and %s meet', (a, b) => {
    const keys = (name: string) => keysOf('persons', person('1', name, ['x@x.com']), 'key_and_name').same;
    expect(keys(a).some(key => keys(b).includes(key))).toBe(true);
  });

  it.each([
    ['Ann Lee', 'Henry Lee'],
    ['Ann Lee', 'Ann Chang'],
    ['Ann', 'Ann Lee'],
  ])('keep %s and %s apart, who share a mailbox', (a, b) => {
    const keys = (name: string) => keysOf('persons', person('1', name, ['x@x.com']), 'key_and_name').same;
    expect(keys(a).some(key => keys(b).includes(key))).toBe(false);
  });
});

/** How many groups the `same` keys make of all. */
const countGroups = (keysOfAll: readonly (readonly string[])[]): number => {
  const parent = keysOfAll.map((_, i) => i);
  const root = (i: number): number => {
    const up = parent[i] ?? i;
    return up === i ? i : root(up);
  };
  const holder = new Map<string, number>();
  keysOfAll.forEach((keys, i) => {
    for (const key of keys) {
      const other = holder.get(key);
      if (other === undefined) holder.set(key, i);
      else parent[root(i)] = root(other);
    }
  });
  return keysOfAll.filter((_, i) => root(i) === i).length;
};

const folder = fileURLToPath(new URL('../../../../../shared/data/vc-crm/', import.meta.url));
const read = <T>(file: string): T[] =>
  readFileSync(`${folder}${file}.jsonl`, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T);

describe.skipIf(!existsSync(folder))('the real records of vc-crm', () => {
  interface OrganizationRow {
    readonly id: string;
    readonly name: string;
    readonly domains: string[];
    readonly former_names: string[];
  }
  interface PersonRow {
    readonly id: string;
    readonly full_name: string;
    readonly emails: string[];
  }
  const merges = <T>(records: readonly T[], keys: (record: T) => readonly string[]) =>
    records.length - countGroups(records.map(keys));

  it.each<[SamePolicy, number]>([
    ['key_and_name', 39],
    ['key', 41],
    ['never', 0],
  ])('hold with %s %i organizations that merge into another', (policy, expected) => {
    const records = read<OrganizationRow>('organizations').map(row =>
      organization(row.id, row.name, row.domains, row.former_names),
    );
    expect(merges(records, record => keysOf('organizations', record, policy).same)).toBe(expected);
    expect(records.flatMap(record => record.invalidDomains)).toEqual([]);
  });

  it('keep a bought company apart from its buyer, whose domain it shows', () => {
    const rows = read<OrganizationRow>('organizations');
    for (const pair of [
      ['Y Combinator', 'Uiflow'],
      ['Product Hunt', 'Storyline'],
    ]) {
      const records = rows
        .filter(row => pair.includes(row.name) && ['ycombinator.com', 'producthunt.com'].includes(row.domains[0] ?? ''))
        .map(row => organization(row.id, row.name, row.domains, row.former_names));
      expect(countGroups(records.map(record => keysOf('organizations', record, 'key').same))).toBe(1);
      expect(countGroups(records.map(record => keysOf('organizations', record, 'key_and_name').same))).toBe(2);
    }
  });

  it.each<[SamePolicy, number]>([
    ['key_and_name', 11],
    ['key', 11],
    ['never', 0],
  ])('hold with %s %i persons that merge into another', (policy, expected) => {
    const records = read<PersonRow>('persons').map(row => person(row.id, row.full_name, row.emails));
    expect(merges(records, record => keysOf('persons', record, policy).same)).toBe(expected);
    expect(records.flatMap(record => record.invalidEmails)).toEqual([]);
  });
});
