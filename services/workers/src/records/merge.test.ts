import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSourceIds, mergeRecords } from './merge.ts';
import type { OrganizationRecord, PersonRecord } from './model.ts';

const word = fc.constantFrom('Acme', 'ACME', 'Birch', 'Cedar', 'Dune');
const domains = fc.uniqueArray(fc.constantFrom('a.com', 'b.com', 'c.com', 'd.com'));
/** `one` holds a single value, `many` may hold several; either may be missing. */
const fields = fc.record(
  { one: fc.array(word, { minLength: 1, maxLength: 1 }), many: fc.uniqueArray(word, { minLength: 1 }) },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, unknown[]>>;
const isMultiple = (fieldId: string): boolean => fieldId === 'many';

const organization = (id: number): fc.Arbitrary<OrganizationRecord> =>
  fc.record({
    id: fc.constant(String(id)),
    name: word,
    formerNames: fc.uniqueArray(word),
    domains,
    invalidDomains: fc.uniqueArray(word),
    fields,
  });
const person = (id: number): fc.Arbitrary<PersonRecord> =>
  fc.record({
    id: fc.constant(String(id)),
    firstName: fc.constantFrom('', 'Ada'),
    lastName: fc.constantFrom('', 'Byron'),
    fullName: word,
    emails: domains,
    invalidEmails: domains,
    organizationIds: fc.uniqueArray(fc.constantFrom('1', '2', '3')),
    fields,
  });
const several = <T>(make: (id: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 })
    .chain(ids => fc.tuple(...ids.map(make)));
const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

describe('merged organizations', () => {
  it('do not depend on the order in which the members come', () => {
    const twice = several(organization).chain(members => fc.tuple(fc.constant(members), shuffled(members)));
    fc.assert(
      fc.property(twice, ([a, b]) => {
        expect(mergeRecords('organizations', b, isMultiple)).toEqual(mergeRecords('organizations', a, isMultiple));
      }),
    );
  });

  it('stay as they are when merged again, alone or with a member', () => {
    fc.assert(
      fc.property(several(organization), members => {
        const merged = mergeRecords('organizations', members, isMultiple);
        expect(mergeRecords('organizations', [merged], isMultiple)).toEqual(merged);
        expect(mergeRecords('organizations', [merged, ...members], isMultiple)).toEqual(merged);
      }),
    );
  });

  it('lose nothing of any list, and every name but equal ones', () => {
    fc.assert(
      fc.property(several(organization), members => {
        const merged = mergeRecords('organizations', members, isMultiple);
        const names = [merged.name, ...merged.formerNames].map(name => name.toLowerCase());
        for (const member of members) {
          for (const domain of member.domains) expect(merged.domains).toContain(domain);
          for (const domain of member.invalidDomains) expect(merged.invalidDomains).toContain(domain);
          for (const name of [member.name, ...member.formerNames]) expect(names).toContain(name.toLowerCase());
        }
        const leader = members.toSorted((a, b) => compareSourceIds(a.id, b.id)).find(member => member.fields['one']);
        expect(merged.fields['one']).toEqual(leader?.fields['one']);
        for (const member of members)
          expect(merged.fields['many'] ?? []).toEqual(expect.arrayContaining(member.fields['many'] ?? []));
        expect(new Set(merged.domains).size).toBe(merged.domains.length);
      }),
    );
  });
});

describe('merged persons', () => {
  it('do not depend on the order, stay as they are, and lose nothing of any list', () => {
    const twice = several(person).chain(members => fc.tuple(fc.constant(members), shuffled(members)));
    fc.assert(
      fc.property(twice, ([members, other]) => {
        const merged = mergeRecords('persons', members, isMultiple);
        expect(mergeRecords('persons', other, isMultiple)).toEqual(merged);
        expect(mergeRecords('persons', [merged, ...members], isMultiple)).toEqual(merged);
        for (const list of ['emails', 'invalidEmails', 'organizationIds'] as const) {
          for (const member of members) expect(merged[list]).toEqual(expect.arrayContaining(member[list]));
        }
      }),
    );
  });

  it('bear the whole name of one member', () => {
    fc.assert(
      fc.property(several(person), members => {
        const { firstName, lastName, fullName } = mergeRecords('persons', members, isMultiple);
        expect(members.map(m => [m.firstName, m.lastName, m.fullName])).toContainEqual([firstName, lastName, fullName]);
      }),
    );
  });
});

describe('source ids', () => {
  it('are in the order of their numbers, and numbers come first', () => {
    expect(['b', '10', '9', '9007199254740993', 'a', '010', '9007199254740992'].toSorted(compareSourceIds)).toEqual([
      '9',
      '10',
      '9007199254740992',
      '9007199254740993',
      '010',
      'a',
      'b',
    ]);
  });

  it('refuse a merge of nobody', () => {
    expect(() => mergeRecords('persons', [], isMultiple)).toThrow(RangeError);
  });
});
