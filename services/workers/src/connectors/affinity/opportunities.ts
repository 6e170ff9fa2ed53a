import { z } from 'zod';
import type { OpportunityRecord } from '../../records/model.ts';
import { distinct, textOrNull } from '../../records/normalise.ts';
import type { CrmCall } from '../call.ts';
import type { SourcePage } from '../connector.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { entryOf } from '../vendor.ts';
import { fieldsOf, valuesOf } from './cells.ts';
import { findReference, nestedMax, roleOf } from './fields.ts';
import { readAll, readListing } from './listing.ts';
import { readUsers } from './schema.ts';
import { type Field, type FieldMetadata, fieldMetadata, type Opportunity, opportunityEntry } from './shapes.ts';
import { affinity } from './vendor.ts';

const listRow = z.object({ id: z.number().int(), type: z.string() });
const opportunityV1 = z.object({
  person_ids: z.array(z.number()).catch([]),
  organization_ids: z.array(z.number()).catch([]),
});

/** How the entries of one list are asked for and read. */
interface ListSetup {
  readonly query: readonly (readonly [string, string])[];
  readonly owners: readonly string[];
  readonly companies: FieldMetadata | null;
  readonly persons: FieldMetadata | null;
}

const readListIds = async (client: CrmClient, signal: AbortSignal): Promise<readonly number[]> =>
  (await readAll(client, '/v2/lists', signal))
    .flatMap(row => listRow.safeParse(row).data ?? [])
    .filter(list => list.type === 'opportunity')
    .map(list => list.id)
    .toSorted((a, b) => a - b);

const readListSetup = async (client: CrmClient, listId: number, signal: AbortSignal): Promise<ListSetup> => {
  const rows = await readAll(client, `/v2/lists/${listId}/fields`, signal);
  const fields = rows.flatMap(row => fieldMetadata.safeParse(row).data ?? []);
  const companies = findReference(fields, 'companies');
  const persons = findReference(fields, 'persons');
  // Values come only for the types that are asked for.
  const types = new Set(['list', ...[companies, persons].flatMap(field => field?.type ?? [])]);
  return {
    query: [['limit', '100'], ...[...types].map(type => ['fieldTypes', type] as const)],
    owners: fields.filter(field => field.type === 'list' && roleOf(field) === 'owners').map(field => field.id),
    companies,
    persons,
  };
};

/** Whom or what a field names; undefined where the listing may not show all of them. */
const namedBy = (fields: readonly Field[], metadata: FieldMetadata | null): readonly unknown[] | undefined => {
  const field = fields.find(one => one.id === metadata?.id);
  const data = field?.value?.data;
  if (field === undefined || (Array.isArray(data) && data.length >= nestedMax)) return undefined;
  return valuesOf(field);
};

const idsOf = (references: readonly unknown[], object: string): string[] =>
  references.flatMap(one => (entryOf(one, 'object') === object ? String(entryOf(one, 'id')) : []));

/** Who and what an opportunity belongs to, by the older API: its lists are never cut short. */
const readWhole = async (client: CrmClient, id: string, signal: AbortSignal) => {
  const call: CrmCall = {
    method: 'GET',
    route: '/opportunities/{id}',
    path: `/opportunities/${encodeURIComponent(id)}`,
    callClass: 'read',
  };
  try {
    const parsed = opportunityV1.safeParse(await client.call(call, signal));
    if (!parsed.success) throw oddAnswer({ vendor: affinity, call });
    return parsed.data;
  } catch (error) {
    // Deleted since the page was made: the next pass no longer lists it.
    if (error instanceof CrmError && error.status === 404) return { person_ids: [], organization_ids: [] };
    throw error;
  }
};

/** The place in a listing that goes through several lists: the list, and the vendor's own cursor within it (empty: its start). */
const readCursor = (cursor: string): { readonly listId: number; readonly within: string | null } => {
  const parts = /^(\d+):(.*)$/su.exec(cursor);
  if (parts === null) {
    throw new CrmError('This is no cursor of a listing of opportunities', { kind: 'cursor_expired' });
  }
  return { listId: Number(parts[1]), within: parts[2] || null };
};

export type OpportunityReader = (cursor: string | null, signal: AbortSignal) => Promise<SourcePage<'opportunities'>>;

/**
 * Reads opportunities from the entries of their lists, one list after the other by id: only there does the vendor say all of them, and an
 * opportunity is on exactly one list. Lists and their fields are read once for each instance.
 */
export const createOpportunityReader = (client: CrmClient): OpportunityReader => {
  const setups = new Map<number, ListSetup>();
  let listIds: readonly number[] | undefined;
  let userIds: ReadonlySet<string> | undefined;

  const setupOf = async (listId: number, signal: AbortSignal): Promise<ListSetup> => {
    const setup = setups.get(listId) ?? (await readListSetup(client, listId, signal));
    setups.set(listId, setup);
    return setup;
  };

  /** The older API does not say who is a colleague. */
  const withoutUsers = async (ids: readonly string[], signal: AbortSignal): Promise<string[]> => {
    userIds ??= new Set((await readUsers(client, signal)).map(user => user.id));
    const known = userIds;
    return ids.filter(id => !known.has(id));
  };

  const toRecord = async (
    { id, name, fields, isRestricted, isRedacted }: Opportunity,
    listId: number,
    setup: ListSetup,
    signal: AbortSignal,
  ): Promise<OpportunityRecord> => {
    const hidden = isRestricted || isRedacted;
    const companies = hidden ? [] : namedBy(fields, setup.companies);
    const persons = hidden ? [] : namedBy(fields, setup.persons);
    const whole = companies && persons ? undefined : await readWhole(client, id, signal);
    const owners = fields.filter(field => setup.owners.includes(field.id)).flatMap(valuesOf);
    return {
      id,
      name: textOrNull(name) ?? `Opportunity ${id}`,
      listId: String(listId),
      organizationIds: distinct(
        companies ? idsOf(companies, 'organizations') : (whole?.organization_ids.map(String) ?? []),
      ),
      personIds: distinct(
        persons ? idsOf(persons, 'persons') : await withoutUsers(whole?.person_ids.map(String) ?? [], signal),
      ),
      ownerIds: distinct(idsOf(owners, 'users')),
      isRedacted: hidden,
      fields: fieldsOf(fields, setup.owners),
    };
  };

  return async (cursor, signal) => {
    const start = cursor === null ? { listId: 0, within: null } : readCursor(cursor);
    listIds ??= await readListIds(client, signal);
    const listId = listIds.find(id => id >= start.listId);
    if (listId === undefined) return { records: [], nextCursor: null };
    const within = listId === start.listId ? start.within : null;
    const setup = await setupOf(listId, signal);
    const page = await readListing(client, `/v2/lists/${listId}/list-entries`, setup.query, within, signal);
    const records: OpportunityRecord[] = [];
    for (const row of page.rows) {
      const entry = opportunityEntry.safeParse(row);
      if (!entry.success) {
        const route = '/v2/lists/{list}/list-entries';
        throw oddAnswer({ vendor: affinity, call: { method: 'GET', route, callClass: 'read' } });
      }
      records.push(await toRecord(entry.data.entity, listId, setup, signal));
    }
    if (page.nextCursor !== null) return { records, nextCursor: `${listId}:${page.nextCursor}` };
    const next = listIds.find(id => id > listId);
    return { records, nextCursor: next === undefined ? null : `${next}:` };
  };
};
