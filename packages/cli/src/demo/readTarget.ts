import { z } from 'zod';
import { requestJson } from './http.ts';
import type { Target, TargetCompany, TargetDeal, TargetPerson } from './reconcile.ts';

const value = z.record(z.string(), z.unknown());
const record = z.object({
  id: z.object({ record_id: z.string() }),
  values: z.record(z.string(), z.array(value)),
});
type AttioRecord = z.output<typeof record>;
const page = z.object({ data: z.array(record) });
const members = z.object({
  data: z.array(z.object({ id: z.object({ workspace_member_id: z.string() }), email_address: z.string() })),
});

/** The safe largest page of a query. */
const pageSize = 500;

const textsOf = (row: AttioRecord, slug: string, key: string): string[] =>
  (row.values[slug] ?? []).flatMap(one => (typeof one[key] === 'string' ? [one[key]] : []));

/** Ids in a text of the form `,12,34,`. */
const idsOf = (text: string | undefined): string[] => (text ?? '').split(',').filter(id => id !== '');

/**
 * Reads everything at the target over the vendor's own API. Knows nothing of Freight but the marks that it leaves on records.
 * @throws Error for any answer that is not as documented.
 */
export const readTarget = async (url: string, token: string, signal?: AbortSignal): Promise<Target> => {
  const readAll = async (object: string): Promise<AttioRecord[]> => {
    const rows: AttioRecord[] = [];
    for (;;) {
      const reply = await requestJson({
        method: 'POST',
        url: `${url}/v2/objects/${object}/records/query`,
        headers: { authorization: `Bearer ${token}` },
        body: { limit: pageSize, offset: rows.length, sorts: [{ direction: 'asc', attribute: 'created_at' }] },
        signal,
      });
      if (reply.status !== 200) throw new Error(`The target answered a query of ${object} with ${reply.status}`);
      const { data } = page.parse(reply.body);
      rows.push(...data);
      if (data.length < pageSize) return rows;
    }
  };
  const readMembers = async (): Promise<ReadonlyMap<string, string>> => {
    const headers = { authorization: `Bearer ${token}` };
    const reply = await requestJson({ method: 'GET', url: `${url}/v2/workspace_members`, headers, signal });
    if (reply.status !== 200) throw new Error(`The target answered a look at its members with ${reply.status}`);
    const rows = members.parse(reply.body).data;
    return new Map(rows.map(row => [row.id.workspace_member_id, row.email_address.toLowerCase()]));
  };
  const addresses = await readMembers();
  const marksOf = (row: AttioRecord) => ({
    recordId: row.id.record_id,
    affinityId: textsOf(row, 'affinity_id', 'value')[0] ?? null,
    mergedIds: idsOf(textsOf(row, 'affinity_merged_ids', 'value')[0]),
  });
  return {
    companies: (await readAll('companies')).map(
      (row): TargetCompany => ({ ...marksOf(row), domains: textsOf(row, 'domains', 'domain') }),
    ),
    people: (await readAll('people')).map(
      (row): TargetPerson => ({
        ...marksOf(row),
        emails: textsOf(row, 'email_addresses', 'email_address'),
        companies: [
          ...textsOf(row, 'company', 'target_record_id'),
          ...textsOf(row, 'other_companies', 'target_record_id'),
        ],
      }),
    ),
    deals: (await readAll('deals')).map(
      (row): TargetDeal => ({
        ...marksOf(row),
        companies: [
          ...textsOf(row, 'associated_company', 'target_record_id'),
          ...textsOf(row, 'other_companies', 'target_record_id'),
        ],
        people: textsOf(row, 'associated_people', 'target_record_id'),
        owners: [
          ...textsOf(row, 'owner', 'referenced_actor_id'),
          ...textsOf(row, 'co_owners', 'referenced_actor_id'),
        ].flatMap(id => addresses.get(id) ?? []),
      }),
    ),
    members: [...addresses.values()],
  };
};
