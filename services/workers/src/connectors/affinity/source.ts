import type { ObjectName } from '@freight/contracts';
import type { OrganizationRecord, PersonRecord, RecordOf } from '../../records/model.ts';
import type { CrmCall } from '../call.ts';
import type { CrmAccess, Source, SourcePage } from '../connector.ts';
import { CrmError } from '../crmError.ts';
import { type CrmClient, createCrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { checkAffinity } from './check.ts';
import { associationOf, type FieldIds, findAssociation, findFields } from './fields.ts';
import { readAll, readListing } from './listing.ts';
import { createOpportunityReader } from './opportunities.ts';
import { readAffinitySchema } from './schema.ts';
import { company, fieldMetadata, type Person, person, personV1 } from './shapes.ts';
import { orderOrganizations, primaryAddressOf, toOrganization, toPerson } from './toRecords.ts';
import { affinity } from './vendor.ts';

/** The largest page that the vendor gives. */
const pageSize = '100';

/** The objects that have a listing of their own. */
const routes = { organizations: '/v2/companies', persons: '/v2/persons' } as const;
type ListedAlone = keyof typeof routes;

interface Listing {
  readonly ids: FieldIds;
  readonly query: readonly (readonly [string, string])[];
}

/** What a workspace calls its fields, and with it how its records are asked for. */
const readSetup = async (client: CrmClient, object: ListedAlone, signal: AbortSignal): Promise<Listing> => {
  const rows = await readAll(client, `${routes[object]}/fields`, signal);
  const fields = rows.flatMap(row => fieldMetadata.safeParse(row).data ?? []);
  const types = new Set(['global']);
  const association = object === 'persons' ? findAssociation(fields) : null;
  // Values come only for the types that are asked for, and the vendor does not say of which type this field is.
  if (association !== null && ['enriched', 'relationship-intelligence'].includes(association.type)) {
    types.add(association.type);
  }
  return {
    ids: findFields(fields),
    query: [['limit', pageSize], ...[...types].map(type => ['fieldTypes', type] as const)],
  };
};

/** All organizations of a person whose listing does not show them all: one call a person, of the older API. */
const readOrganizationIds = async (client: CrmClient, id: string, signal: AbortSignal): Promise<readonly string[]> => {
  const call: CrmCall = {
    method: 'GET',
    route: '/persons/{id}',
    path: `/persons/${encodeURIComponent(id)}`,
    callClass: 'read',
  };
  try {
    const parsed = personV1.safeParse(await client.call(call, signal));
    if (!parsed.success) throw oddAnswer({ vendor: affinity, call });
    return parsed.data.organization_ids;
  } catch (error) {
    // Deleted, or merged into another, since the page was made: the next pass no longer lists it.
    if (error instanceof CrmError && (error.status === 404 || error.status === 422)) return [];
    throw error;
  }
};

const readPerson = async (client: CrmClient, row: Person, ids: FieldIds, signal: AbortSignal) => {
  const { companies, complete } = associationOf(row.fields);
  const moreIds = complete ? [] : await readOrganizationIds(client, row.id, signal);
  return toPerson(row, orderOrganizations(companies, moreIds, primaryAddressOf(row)), ids);
};

/**
 * Affinity as the source. Colleagues (internal persons) are users and no records: they are left out, so that a page may be short or empty.
 * The layout of fields is read once for each instance.
 */
export const createAffinitySource = (access: CrmAccess): Source => {
  const client = createCrmClient(access, affinity);
  const setups = new Map<ListedAlone, Listing>();
  const readOpportunities = createOpportunityReader(client);

  const setupOf = async (object: ListedAlone, signal: AbortSignal): Promise<Listing> => {
    const setup = setups.get(object) ?? (await readSetup(client, object, signal));
    setups.set(object, setup);
    return setup;
  };

  const parse = <T>(
    row: unknown,
    schema: { safeParse(row: unknown): { success: true; data: T } | { success: false } },
    route: string,
  ): T => {
    const parsed = schema.safeParse(row);
    if (!parsed.success) throw oddAnswer({ vendor: affinity, call: { method: 'GET', route, callClass: 'read' } });
    return parsed.data;
  };

  const readers: {
    readonly [O in ListedAlone]: (
      rows: readonly unknown[],
      ids: FieldIds,
      signal: AbortSignal,
    ) => Promise<RecordOf[O][]>;
  } = {
    organizations: (rows, ids): Promise<OrganizationRecord[]> =>
      Promise.resolve(rows.map(row => toOrganization(parse(row, company, routes.organizations), ids))),
    async persons(rows, ids, signal): Promise<PersonRecord[]> {
      const records: PersonRecord[] = [];
      for (const row of rows.map(r => parse(r, person, routes.persons))) {
        if (row.type !== 'internal') records.push(await readPerson(client, row, ids, signal));
      }
      return records;
    },
  };

  const readAlone = async <O extends ListedAlone>(
    object: O,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<SourcePage<O>> => {
    const { ids, query } = await setupOf(object, signal);
    const { rows, nextCursor } = await readListing(client, routes[object], query, cursor, signal);
    return { records: await readers[object](rows, ids, signal), nextCursor };
  };

  const pageReaders: {
    readonly [O in ObjectName]: (cursor: string | null, signal: AbortSignal) => Promise<SourcePage<O>>;
  } = {
    organizations: (cursor, signal) => readAlone('organizations', cursor, signal),
    persons: (cursor, signal) => readAlone('persons', cursor, signal),
    opportunities: readOpportunities,
  };

  return {
    check: signal => checkAffinity(client, signal),
    readSchema: signal => readAffinitySchema(client, signal),
    readPage: (object, cursor, signal) => pageReaders[object](cursor, signal),
  };
};
