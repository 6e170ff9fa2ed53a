import { describe, expect, it } from 'vitest';
import { generate, generatedFrame, generateParts } from './generate.ts';
import type { CrmPart } from './rows.ts';

const data = generate({ seed: 7 });

/** Values that more than one of the lists holds, with the indexes of the lists. */
const shared = (lists: readonly (readonly string[])[]): Map<string, number[]> => {
  const holders = new Map<string, number[]>();
  for (const [index, list] of lists.entries()) {
    for (const value of new Set(list)) holders.set(value, [...(holders.get(value) ?? []), index]);
  }
  return new Map([...holders].filter(([, indexes]) => indexes.length > 1));
};

const share = (count: number, of: readonly unknown[]): number => count / of.length;

describe('generated data', () => {
  it('are the same for the same seed and others for another', () => {
    expect(generate({ seed: 7 })).toEqual(data);
    expect(generate({ seed: 8 }).organizations[0]?.name).not.toBe(data.organizations[0]?.name);
  });

  it('have the size that was asked for, also a small one, and references that lead somewhere', () => {
    const small = generate({ seed: 1, organizations: 20, persons: 30 });
    expect([small.organizations.length, small.persons.length]).toEqual([20, 30]);
    for (const one of [data, small]) {
      const ids = new Set(one.organizations.map(row => row.id));
      expect(ids.size).toBe(one.organizations.length);
      expect(one.persons.every(row => row.organization_ids.every(id => ids.has(id)))).toBe(true);
    }
  });

  it('hold organizations without a domain, with several, and empty fields', () => {
    const { organizations } = data;
    expect(share(organizations.filter(row => row.domains.length === 0).length, organizations)).toBeGreaterThan(0.04);
    expect(organizations.some(row => row.domains.length === 3)).toBe(true);
    expect(organizations.some(row => row.description === null)).toBe(true);
  });

  it('hold true doubles (a shared domain, a former name) and false ones (a shared domain only)', () => {
    const pairs = [...shared(data.organizations.map(row => row.domains)).values()];
    const isTrue = ([a = 0, b = 0]: number[]): boolean => {
      const [one, two] = [data.organizations[a], data.organizations[b]];
      return (
        one?.former_names.includes(two?.name ?? '') === true || two?.former_names.includes(one?.name ?? '') === true
      );
    };
    expect(pairs.filter(isTrue).length).toBeGreaterThan(2);
    expect(pairs.filter(pair => !isTrue(pair)).length).toBeGreaterThan(0);
  });

  it('hold equal names of different organizations', () => {
    const names = shared(data.organizations.map(row => [row.name.toLowerCase()]));
    const apart = [...names.values()].filter(indexes =>
      indexes.every(i => data.organizations[i]?.domains.length === 1),
    );
    expect(apart.length).toBeGreaterThan(2);
  });

  it('hold names of every kind', () => {
    const names = [...data.organizations, ...data.persons].map(row =>
      'name' in row ? row.name : `${row.first_name} ${row.last_name ?? ''}`,
    );
    for (const kind of [
      /\p{Emoji_Presentation}/u,
      /\p{M}/u,
      /\u200b/,
      /[\u4e00-\u9fff]/,
      /[()]/,
      /"/,
      /, /,
      /^[A-Z]+ [A-Z]+$/,
      /^[a-z]+ [a-z]+$/,
    ]) {
      expect({ kind, found: names.some(name => kind.test(name)) }).toEqual({ kind, found: true });
    }
    expect(data.persons.some(row => row.last_name === null)).toBe(true);
  });

  it('hold persons without an address, with several, and the same person twice by address and name', () => {
    const { persons } = data;
    expect(share(persons.filter(row => row.emails.length === 0).length, persons)).toBeGreaterThan(0.04);
    expect(persons.some(row => row.emails.length > 1)).toBe(true);
    const doubles = [...shared(persons.map(row => row.emails.map(email => email.toLowerCase()))).values()];
    expect(doubles.length).toBeGreaterThan(4);
    for (const [a = 0, b = 0] of doubles) {
      expect([persons[a]?.first_name, persons[a]?.last_name]).toEqual([persons[b]?.first_name, persons[b]?.last_name]);
    }
  });

  it('hold persons in none and in several organizations, and LinkedIn fields that are none', () => {
    const counts = data.persons.map(row => row.organization_ids.length);
    expect([0, 2, 3, 4].every(count => counts.includes(count))).toBe(true);
    expect(data.persons.some(row => row.linkedin_url === 'None')).toBe(true);
  });

  it('use reserved names only, so that no address can be anybody’s', () => {
    const hosts = [
      ...data.organizations.flatMap(row => row.domains),
      ...data.persons.flatMap(row => row.emails.map(email => email.split('@')[1] ?? '')),
    ];
    expect(hosts.filter(host => !/\.(example|test)$/i.test(host))).toEqual([]);
  });
});

const sizeOf = (part: CrmPart): number =>
  [part.organizations, part.persons, part.opportunities, part.listEntries, part.notes].reduce(
    (sum, rows) => sum + rows.length,
    0,
  );

describe('generated activity', () => {
  it('has references that lead somewhere, and every opportunity on exactly one list of its kind', () => {
    const ids = (rows: readonly { readonly id: string }[]) => new Set(rows.map(row => row.id));
    const all = {
      organization: ids(data.organizations),
      person: ids(data.persons),
      opportunity: ids(data.opportunities),
    };
    const kinds = new Map(data.lists.map(list => [list.id, list.entity_type]));
    for (const entry of data.listEntries) {
      expect(kinds.get(entry.list_id)).toBe(entry.entity_type);
      expect(all[entry.entity_type].has(entry.entity_id)).toBe(true);
    }
    const onLists = data.listEntries.filter(entry => entry.entity_type === 'opportunity').map(entry => entry.entity_id);
    expect(onLists.toSorted()).toEqual([...all.opportunity].toSorted());
    for (const note of data.notes) expect(note.organization_ids.every(id => all.organization.has(id))).toBe(true);
  });

  it('holds what real CRMs hold: several companies of a deal, none, a zero amount, a company on a list twice, equal notes', () => {
    const big = generate({ seed: 3, organizations: 400, persons: 400 });
    expect(big.opportunities.some(row => row.organization_ids.length > 1)).toBe(true);
    expect(big.opportunities.some(row => row.organization_ids.length === 0)).toBe(true);
    expect(big.listEntries.some(row => row.fields['Amount'] === 0)).toBe(true);
    const twice = shared(big.listEntries.map(row => [`${row.list_id} ${row.entity_id}`]));
    expect(twice.size).toBeGreaterThan(0);
    expect(shared(big.notes.map(row => [row.content])).size).toBeGreaterThan(0);
  });

  it('has the proportions of vc-crm', () => {
    const total = sizeOf(data);
    expect(data.listEntries.length / total).toBeCloseTo(0.37, 1);
    expect(data.notes.length / total).toBeCloseTo(0.18, 1);
  });
});

describe('generated parts', () => {
  it('hold exactly the number of records that was asked for, each part small, ids unique through all of them', () => {
    for (const records of [1, 2, 3, 7, 2_500, 6_001]) {
      const parts = [...generateParts({ seed: 5, records })];
      expect(parts.reduce((sum, part) => sum + sizeOf(part), 0)).toBe(records);
      expect(Math.max(...parts.map(sizeOf))).toBeLessThanOrEqual(2_500);
      const ids = parts.flatMap(part => [...part.organizations, ...part.listEntries, ...part.notes].map(row => row.id));
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('share no domain and no address across parts', () => {
    const [one, two] = [...generateParts({ seed: 5, records: 5_000 })];
    const valuesOf = (part: CrmPart | undefined): Set<string> =>
      new Set([
        ...(part?.organizations.flatMap(row => row.domains) ?? []),
        ...(part?.persons.flatMap(row => row.emails.map(email => email.toLowerCase())) ?? []),
      ]);
    const second = valuesOf(two);
    expect(second.size).toBeGreaterThan(100);
    expect([...valuesOf(one)].filter(value => second.has(value))).toEqual([]);
    expect(generatedFrame.lists.length).toBeGreaterThan(0);
  });
});
