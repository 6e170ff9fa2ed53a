import { type ObjectName, objects } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import type { OpportunityRecord, OrganizationRecord, PersonRecord } from '../records/model.ts';
import type { OutgoingOpportunity, OutgoingOrganization, OutgoingPerson, Target, TargetRecord } from './connector.ts';
import { CrmError } from './crmError.ts';

/** An empty account of a target, and what a test may do to it behind Freight's back. */
export interface TargetBench {
  readonly target: Target;
  /** The account's name. */
  readonly account: string;
  /** The next create takes effect, and its reply is lost; so often. */
  loseReplies(times: number): Promise<void>;
  count(object: ObjectName): Promise<number>;
  /** Somebody else's record that holds this key. */
  addForeign(object: ObjectName, key: string): Promise<void>;
}

export const organization = (id: string, extra: Partial<OrganizationRecord> = {}): OrganizationRecord => ({
  id,
  name: `Organization ${id}`,
  formerNames: [],
  domains: [`o${id}.com`],
  invalidDomains: [],
  fields: {},
  ...extra,
});
export const person = (id: string, extra: Partial<PersonRecord> = {}): PersonRecord => ({
  id,
  firstName: 'Ada',
  lastName: `Number ${id}`,
  fullName: `Ada Number ${id}`,
  emails: [`ada.${id}@o1.com`],
  invalidEmails: [],
  organizationIds: [],
  fields: {},
  ...extra,
});
export const company = (
  record: OrganizationRecord,
  extra: Partial<OutgoingOrganization> = {},
): OutgoingOrganization => ({
  object: 'organizations',
  record,
  mergedIds: [],
  withheldKeys: [],
  values: [{ slug: 'description', type: 'text', isMultiple: false, values: ['Makes things'] }],
  ...extra,
});
export const human = (record: PersonRecord, extra: Partial<OutgoingPerson> = {}): OutgoingPerson => ({
  object: 'persons',
  record,
  mergedIds: [],
  withheldKeys: [],
  values: [{ slug: 'job_title', type: 'text', isMultiple: false, values: ['CEO'] }],
  companyIds: [],
  ...extra,
});
const opportunity = (id: string, extra: Partial<OpportunityRecord> = {}): OpportunityRecord => ({
  id,
  name: `Round ${id}`,
  listId: '30',
  organizationIds: [],
  personIds: [],
  ownerIds: [],
  isRedacted: false,
  fields: {},
  ...extra,
});
const deal = (record: OpportunityRecord, extra: Partial<OutgoingOpportunity> = {}): OutgoingOpportunity => ({
  object: 'opportunities',
  record,
  mergedIds: [],
  withheldKeys: [],
  values: [
    { slug: 'stage', type: 'status', isMultiple: false, values: ['Lead'] },
    { slug: 'value', type: 'currency', isMultiple: false, values: [{ amount: 0, code: 'USD' }] },
  ],
  companyIds: [],
  personIds: [],
  ownerIds: [],
  ...extra,
});

const signal = new AbortController().signal;
const kindOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof CrmError ? error.kind : String(error)),
  );

/** What every target must hold to. `open` gives a fresh account each time. */
export const testTarget = (name: string, open: () => Promise<TargetBench>): void => {
  const prepared = async (): Promise<TargetBench> => {
    const bench = await open();
    await bench.target.prepare(objects, [], signal);
    return bench;
  };
  const only = (found: readonly TargetRecord[]): TargetRecord => {
    expect(found).toHaveLength(1);
    const one = found.at(0);
    if (one === undefined) throw new Error('nothing was found');
    return one;
  };
  const findOne = async (target: Target, object: ObjectName, id: string): Promise<TargetRecord> =>
    only(await target.find(object, { sourceIds: [id], keys: [] }, signal));

  describe(`${name} as a target`, () => {
    it('says which account it is and finds nothing wrong with it', async () => {
      const { target, account } = await open();
      expect(await target.readAccount(signal)).not.toBe('');
      expect(await target.check(signal)).toEqual({ ok: true, account, problems: [] });
    });

    it('is prepared by two at once, and again', async () => {
      const { target } = await open();
      const once = () => target.prepare(objects, [], signal);
      await Promise.all([once(), once()]);
      await expect(once()).resolves.toBeUndefined();
    });

    it('finds what it made by marker, by merged marker and by key, and needs no change of it', async () => {
      const { target } = await prepared();
      const outgoing = company(organization('1', { domains: ['o1.com', 'o1.org'] }), { mergedIds: ['12', '34'] });
      const { id } = await target.create(outgoing, signal);
      await target.create(company(organization('2')), signal);
      const byMarker = await findOne(target, 'organizations', '1');
      expect(byMarker).toMatchObject({ id, sourceIds: ['1', '12', '34'], keys: ['o1.com', 'o1.org'] });
      const find = async (sourceIds: string[], keys: string[], mergedToo: boolean) =>
        (await target.find('organizations', { sourceIds, keys, mergedToo }, signal)).map(record => record.id);
      expect(await find([], ['o1.org'], false)).toEqual([id]);
      expect(await find(['34'], [], true)).toEqual([id]);
      expect(await find(['3', '4'], [], true)).toEqual([]);
      expect(await find(['1', '12'], ['o1.com'], true)).toEqual([id]);
      for (const policy of ['match_and_keep', 'match_and_fill_empty', 'match_and_overwrite'] as const) {
        expect(target.change(outgoing, byMarker, policy)).toBeNull();
      }
    });

    it('makes a person with the companies it is given and no company of its own', async () => {
      const bench = await prepared();
      const { target } = bench;
      const ids = [];
      for (const id of ['1', '2', '3']) ids.push((await target.create(company(organization(id)), signal)).id);
      const outgoing = human(person('7', { emails: ['ada@elsewhere.com', 'ada@o2.com'] }), { companyIds: ids });
      await target.create(outgoing, signal);
      expect(await bench.count('organizations')).toBe(3);
      const found = await findOne(target, 'persons', '7');
      expect(found.keys).toEqual(['ada@elsewhere.com', 'ada@o2.com']);
      expect(target.change(outgoing, found, 'match_and_overwrite')).toBeNull();
    });

    it('makes one record though replies are lost, where the record has a key', async () => {
      const bench = await prepared();
      await bench.loseReplies(1);
      const { id } = await bench.target.create(company(organization('1')), signal);
      expect(await bench.target.create(company(organization('1')), signal)).toMatchObject({ id });
      expect(await bench.count('organizations')).toBe(1);
    });

    it('makes a deal with its companies, people and owners, and needs no change of it', async () => {
      const bench = await prepared();
      const { target } = bench;
      const companyIds = [];
      for (const id of ['1', '2']) companyIds.push((await target.create(company(organization(id)), signal)).id);
      const personIds = [];
      for (const id of ['7', '8']) personIds.push((await target.create(human(person(id)), signal)).id);
      const ownerIds = (await target.readSchema(signal)).members.map(member => member.id);
      expect(ownerIds.length).toBeGreaterThan(1);
      const outgoing = deal(opportunity('3'), { companyIds, personIds, ownerIds });
      await target.create(outgoing, signal);
      expect(await bench.count('opportunities')).toBe(1);
      const found = await findOne(target, 'opportunities', '3');
      for (const policy of ['match_and_keep', 'match_and_fill_empty', 'match_and_overwrite'] as const) {
        expect(target.change(outgoing, found, policy)).toBeNull();
      }
    });

    it('makes one deal of an opportunity, however often and whatever replies are lost', async () => {
      const bench = await prepared();
      const ownerIds = (await bench.target.readSchema(signal)).members.map(member => member.id);
      const outgoing = deal(opportunity('3'), { ownerIds });
      await bench.loseReplies(1);
      const { id } = await bench.target.create(outgoing, signal);
      const again = await Promise.all([1, 2].map(() => bench.target.create(outgoing, signal)));
      expect(again.map(written => written.id)).toEqual([id, id]);
      expect(await bench.count('opportunities')).toBe(1);
    });

    it('says that the outcome is unknown when a reply is lost, where the record has no key, and finds it then', async () => {
      const bench = await prepared();
      await bench.loseReplies(1);
      const outgoing = human(person('7', { emails: [] }));
      expect(await kindOf(bench.target.create(outgoing, signal))).toBe('outcome_unknown');
      await findOne(bench.target, 'persons', '7');
      expect(await bench.count('persons')).toBe(1);
    });

    it("never takes over somebody else's record: that is a conflict", async () => {
      const bench = await prepared();
      await bench.addForeign('organizations', 'o1.com');
      expect(await kindOf(bench.target.create(company(organization('1')), signal))).toBe('conflict');
      expect(await bench.count('organizations')).toBe(1);
      const foreign = only(await bench.target.find('organizations', { sourceIds: ['1'], keys: ['o1.com'] }, signal));
      expect(foreign.sourceIds).toEqual([]);
    });

    it.each(['match_and_keep', 'match_and_fill_empty', 'match_and_overwrite'] as const)(
      'changes a record that was there so that by %s nothing is left to do',
      async policy => {
        const bench = await prepared();
        await bench.addForeign('organizations', 'o1.org');
        const outgoing = company(organization('1', { domains: ['o1.com', 'o1.org'] }), { mergedIds: ['5'] });
        const foreign = only(await bench.target.find('organizations', { sourceIds: [], keys: ['o1.org'] }, signal));
        const change = bench.target.change(outgoing, foreign, policy);
        if (change === null) throw new Error('a change was expected');
        await bench.target.update('organizations', change, signal);
        await bench.target.update('organizations', change, signal);
        const after = await findOne(bench.target, 'organizations', '1');
        expect(after.sourceIds).toEqual(['1', '5']);
        expect(bench.target.change(outgoing, after, policy)).toBeNull();
        expect(after.keys.includes('o1.com')).toBe(policy !== 'match_and_keep');
      },
    );

    it('keeps an address that it finds malformed as text, and the record', async () => {
      const { target } = await prepared();
      const odd = 'ada@o1.c0m';
      const outgoing = human(person('7', { emails: ['ada@o1.com', odd] }));
      expect((await target.create(outgoing, signal)).refusedKeys).toEqual([odd]);
      const found = await findOne(target, 'persons', '7');
      expect(found.keys).toEqual(['ada@o1.com']);
      expect(target.change(outgoing, found, 'match_and_fill_empty')).toBeNull();
    });

    it('removes a record, and is content when it is gone', async () => {
      const bench = await prepared();
      const { id } = await bench.target.create(company(organization('1')), signal);
      await bench.target.remove('organizations', id, signal);
      await bench.target.remove('organizations', id, signal);
      expect(await bench.count('organizations')).toBe(0);
    });

    it('finds more than a page holds', async () => {
      const { target } = await prepared();
      const ids = Array.from({ length: 520 }, (_, i) => String(i + 1));
      await Promise.all(ids.map(id => target.create(human(person(id)), signal)));
      const found = await target.find('persons', { sourceIds: ids, keys: ids.map(id => `ada.${id}@o1.com`) }, signal);
      expect(new Set(found.map(record => record.id)).size).toBe(520);
      expect(found).toHaveLength(520);
    });
  });
};
