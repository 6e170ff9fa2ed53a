import { z } from 'zod';
import { requestJson } from './http.ts';
import type { Source, SourceOpportunity, SourceOrganization, SourcePerson } from './reconcile.ts';

const page = z.object({
  data: z.array(z.unknown()),
  pagination: z.object({ nextUrl: z.string().nullish() }),
});
const company = z.object({ id: z.number(), name: z.string(), domains: z.array(z.string()) });
const companies = z.array(z.object({ id: z.number(), domain: z.string().nullish() })).nullish();
const person = z.object({
  id: z.number(),
  type: z.string(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  primaryEmailAddress: z.string().nullish(),
  emailAddresses: z.array(z.string()),
  fields: z.array(z.object({ id: z.string(), value: z.object({ data: z.unknown() }) })),
});
const metadata = z.object({ id: z.string(), name: z.string(), type: z.string(), valueType: z.string() });
const list = z.object({ id: z.number(), type: z.string(), ownerId: z.number().nullish() });
const entry = z.object({ entity: z.object({ id: z.number(), fields: person.shape.fields }) });
const owner = z.object({ id: z.number() });
const opportunityPage = z.object({
  opportunities: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      list_entries: z.array(z.object({ list_id: z.number() })),
      person_ids: z.array(z.number()),
      organization_ids: z.array(z.number()),
    }),
  ),
  next_page_token: z.string().nullish(),
});

/** A field that lists a person's companies is cut off here by the vendor; the older API has the rest. */
const nestedMax = 100;

/**
 * Reads everything at the source over the vendor's own API. Knows nothing of Freight: it is one half of the proof.
 * @param url of the API, without a version. @throws Error for any answer that is not as documented.
 */
export const readSource = async (url: string, token: string, signal?: AbortSignal): Promise<Source> => {
  const headers = { authorization: `Bearer ${token}` };
  const getJson = async (address: string): Promise<unknown> => {
    const reply = await requestJson({ method: 'GET', url: address, headers, signal });
    if (reply.status !== 200) throw new Error(`The source answered ${address} with ${reply.status}`);
    return reply.body;
  };
  const readAll = async <S extends z.ZodType>(path: string, item: S): Promise<z.output<S>[]> => {
    const rows: z.output<S>[] = [];
    let next: string | null | undefined = `${url}${path}`;
    while (next) {
      const { data, pagination }: z.output<typeof page> = page.parse(await getJson(next));
      rows.push(...data.map(row => item.parse(row)));
      next = pagination.nextUrl;
    }
    return rows;
  };

  const fieldId = (await readAll('/v2/persons/fields', metadata)).find(
    field => field.valueType === 'company-multi',
  )?.id;
  if (fieldId === undefined) throw new Error('The source has no field that lists the companies of a person');
  const organizations = (await readAll('/v2/companies?limit=100', company)).map(
    (row): SourceOrganization => ({ id: String(row.id), name: row.name, domains: row.domains }),
  );
  const colleagues = new Map<number, string>();
  const persons: SourcePerson[] = [];
  for (const row of await readAll(`/v2/persons?limit=100&fieldIds=${encodeURIComponent(fieldId)}`, person)) {
    // Colleagues are users of the CRM, and no records of it.
    if (row.type === 'internal') {
      colleagues.set(row.id, (row.primaryEmailAddress ?? row.emailAddresses[0] ?? '').toLowerCase());
      continue;
    }
    const listed = companies.parse(row.fields.find(field => field.id === fieldId)?.value.data) ?? [];
    if (listed.length >= nestedMax) throw new Error(`Person ${row.id} has too many companies to be checked`);
    persons.push({
      id: String(row.id),
      name: [row.firstName, row.lastName].filter(Boolean).join(' '),
      primaryEmail: row.primaryEmailAddress ?? row.emailAddresses[0] ?? null,
      organizations: listed.map(one => ({ id: String(one.id), domain: one.domain ?? null })),
    });
  }

  /** Addresses of the owners by opportunity, and of the owners of lists by list: only the entries of lists tell. */
  const ownersOf = new Map<number, readonly string[]>();
  const listOwners = new Map<number, string | null>();
  for (const { id, type, ownerId } of await readAll('/v2/lists?limit=100', list)) {
    if (type !== 'opportunity') continue;
    listOwners.set(id, colleagues.get(ownerId ?? -1) ?? null);
    const fields = await readAll(`/v2/lists/${id}/fields?limit=100`, metadata);
    const ownersId = fields.find(field => field.type === 'list' && field.name === 'Owners')?.id;
    for (const { entity } of await readAll(`/v2/lists/${id}/list-entries?limit=100&fieldTypes=list`, entry)) {
      const held = [entity.fields.find(field => field.id === ownersId)?.value.data ?? []].flat();
      ownersOf.set(
        entity.id,
        held.flatMap(one => colleagues.get(owner.parse(one).id) ?? []),
      );
    }
  }
  const opportunities: SourceOpportunity[] = [];
  let pageToken: string | null | undefined;
  do {
    const at = pageToken ? `&page_token=${encodeURIComponent(pageToken)}` : '';
    const answer = opportunityPage.parse(await getJson(`${url}/opportunities?page_size=500${at}`));
    for (const row of answer.opportunities) {
      opportunities.push({
        id: String(row.id),
        name: row.name,
        organizationIds: row.organization_ids.map(String),
        personIds: row.person_ids.filter(id => !colleagues.has(id)).map(String),
        owners: ownersOf.get(row.id) ?? [],
        listOwner: listOwners.get(row.list_entries[0]?.list_id ?? -1) ?? null,
      });
    }
    pageToken = answer.next_page_token;
  } while (pageToken);
  return { organizations, persons, opportunities };
};
