import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributeBody, type Caller, type Harness, startHarness, values } from '../../test/harness.ts';

let harness: Harness;
let attio: Caller;
const QUERY = '/v2/objects/people/records/query';

beforeAll(async () => {
  harness = await startHarness();
  attio = await harness.attio({ options: { autoCreateCompanies: false } });
  await attio.call('POST', '/v2/objects/people/attributes', attributeBody('affinity_id', 'text'));
  await attio.call('POST', '/v2/objects/people/attributes', attributeBody('score', 'number'));
  await attio.call('POST', '/v2/objects/people/attributes', attributeBody('tier', 'select'));
  for (const title of ['Gold', 'Silver']) {
    await attio.call('POST', '/v2/objects/people/attributes/tier/options', { data: { title } });
  }
  await attio.call('POST', '/v2/objects/companies/records', values({ name: 'Pier', domains: ['pier.example'] }));
  for (let i = 1; i <= 12; i++) {
    harness.clock.nowMs += 1000;
    await attio.call(
      'POST',
      '/v2/objects/people/records',
      values({
        name: `Amari ${i % 2}, Noor ${i}`,
        email_addresses: [`noor${i}@${i % 3 === 0 ? 'Pier' : 'Quay'}.example`],
        affinity_id: String(i),
        score: i,
        tier: i % 4 === 0 ? 'Gold' : 'Silver',
        ...(i % 3 === 0 ? { company: 'pier.example' } : {}),
      }),
    );
  }
});
afterAll(() => harness.stop());

async function idsFor(filter: unknown, more: Record<string, unknown> = {}): Promise<number[]> {
  const { status, body } = await attio.call('POST', QUERY, { filter, ...more });
  expect({ filter, status }).toEqual({ filter, status: 200 });
  return body.data.map((record: { values: { affinity_id: { value: string }[] } }) =>
    Number(record.values.affinity_id[0]?.value),
  );
}

describe('a query', () => {
  it('finds by equality, membership, parts of text, order, reference and negation', async () => {
    expect(await idsFor({ affinity_id: '7' })).toEqual([7]);
    expect(await idsFor({ affinity_id: { $in: ['9', '2', '77'] } })).toEqual([2, 9]);
    expect(await idsFor({ email_addresses: 'NOOR3@pier.example' })).toEqual([3]);
    expect(await idsFor({ email_addresses: { email_domain: { $eq: 'pier.example' } } })).toEqual([3, 6, 9, 12]);
    expect(await idsFor({ name: { last_name: { $starts_with: 'amari 1' } }, score: { $gt: 6 } })).toEqual([7, 9, 11]);
    expect(await idsFor({ $or: [{ affinity_id: '1' }, { score: { $gte: 12 } }] })).toEqual([1, 12]);
    expect(await idsFor({ $and: [{ tier: 'Gold' }, { $not: { affinity_id: '4' } }] })).toEqual([8, 12]);
    expect(await idsFor({ name: { full_name: { $not_empty: true } }, affinity_id: '5' })).toEqual([5]);
    expect(
      await idsFor({
        path: [
          ['people', 'company'],
          ['companies', 'domains'],
        ],
        constraints: { root_domain: 'pier.example' },
      }),
    ).toEqual([3, 6, 9, 12]);
  });

  it('keeps finding by what is true now: after a change, and after a deletion', async () => {
    const added = await attio.call('POST', '/v2/objects/people/records', values({ affinity_id: '100' }));
    const path = `/v2/objects/people/records/${added.body.data.id.record_id}`;
    expect(await idsFor({ affinity_id: '100' })).toEqual([100]);
    await attio.call('PATCH', path, values({ affinity_id: '101' }));
    expect(await idsFor({ affinity_id: { $in: ['100', '101'] } })).toEqual([101]);
    await attio.call('DELETE', path);
    expect(await idsFor({ affinity_id: '101' })).toEqual([]);
  });

  it('gives every record exactly once in pages by age', async () => {
    const sorts = [{ attribute: 'created_at', direction: 'asc' }];
    const seen: number[] = [];
    for (let offset = 0; ; offset += 5) {
      const page = await idsFor(undefined, { sorts, limit: 5, offset });
      seen.push(...page);
      if (page.length < 5) break;
    }
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const latest = await idsFor({ score: { $lt: 4 } }, { sorts: [{ attribute: 'score', direction: 'desc' }] });
    expect(latest).toEqual([3, 2, 1]);
  });

  it('refuses what Attio refuses, by its code', async () => {
    const cases: [unknown, string][] = [
      [{ tier: { $in: ['Gold'] } }, 'invalid_filter_operator'],
      [{ score: { $contains: '1' } }, 'invalid_filter_operator'],
      [{ name: { middle_name: 'x' } }, 'invalid_filter_field'],
      [{ shoe_size: 44 }, 'unknown_filter_attribute_slug'],
      [{ $not: { $or: [{ affinity_id: '1' }] } }, 'filter_error'],
      [{ $and: { affinity_id: '1' } }, 'filter_error'],
    ];
    for (const [filter, code] of cases) {
      const { status, body } = await attio.call('POST', QUERY, { filter });
      expect({ filter, status, code: body.code }).toEqual({ filter, status: 400, code });
    }
    expect((await attio.call('POST', QUERY, { limit: 501 })).status).toBe(400);
  });
});
