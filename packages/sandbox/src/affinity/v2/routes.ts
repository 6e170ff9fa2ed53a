import { AffinityError, notFound } from '../errors.ts';
import { ORGANIZATION, type Organization, type Person } from '../model.ts';
import {
  type AffinityCall,
  type AffinityRoute,
  get,
  getFree,
  getGated,
  idOf,
  keyHolder,
  rateBody,
  tenantOf,
} from '../route.ts';
import { type Column, columnsOf, personColumns, renderFields, renderMetadata, selectColumns } from './fields.ts';
import { narrowed, readPageRequest, v2Page } from './page.ts';

const ENTITY_TYPES = ['enriched', 'global', 'relationship-intelligence'] as const;

/** The reads of v2 around identity, companies and persons. */
export const v2Routes: readonly AffinityRoute[] = [
  getFree('/v2/auth/whoami', ({ state }) => {
    const { email, ...user } = keyHolder(state);
    return {
      tenant: tenantOf(state),
      user: { ...user, emailAddress: email },
      grant: { type: 'api-key', scopes: ['api'], createdAt: '2024-02-01T09:00:00.000Z' },
    };
  }),
  getFree('/v2/rate-limit', call => {
    if (call.version < '2026-07-15') throw new AffinityError(404, 'This endpoint needs version 2026-07-15 or later.');
    return rateBody(call);
  }),
  get('/v2/users', call => v2Page(call, readPageRequest(call), call.state.users, { show: showUser })),
  getGated('export-organizations', '/v2/companies', call => {
    const request = readPageRequest(call);
    const columns = companyColumns(call, request.query);
    return v2Page(call, request, narrowed(request.query, call.state.organizations), {
      show: row => showCompany(row, columns),
    });
  }),
  get('/v2/companies/fields', call => metadataPage(call, columnsOf(call, ORGANIZATION, null))),
  get('/v2/companies/{id}', call => {
    const company = call.state.organizations.get(idOf(call));
    if (company === undefined) throw notFound('Company', call.params.id ?? '');
    return showCompany(company, companyColumns(call, call.query));
  }),
  getGated('export-people', '/v2/persons', call => {
    const request = readPageRequest(call);
    const columns = selectColumns(request.query, personColumns(call), ENTITY_TYPES);
    return v2Page(call, request, narrowed(request.query, call.state.persons), {
      show: row => showPerson(row, columns),
    });
  }),
  get('/v2/persons/fields', call => metadataPage(call, personColumns(call))),
  get('/v2/persons/{id}', call => {
    const person = call.state.persons.get(idOf(call));
    if (person === undefined) throw notFound('Person', call.params.id ?? '');
    return showPerson(person, selectColumns(call.query, personColumns(call), ENTITY_TYPES));
  }),
];

const companyColumns = (call: AffinityCall, query: URLSearchParams) =>
  selectColumns(query, columnsOf(call, ORGANIZATION, null), ENTITY_TYPES);

/** Metadata comes in pages too; there are never more columns here than one page holds. */
export const metadataPage = <Row>(call: AffinityCall, columns: readonly Column<Row>[]): unknown => ({
  data: columns.map(column => renderMetadata(column, call.version)),
  pagination: { prevUrl: null, nextUrl: null },
});

export const showCompany = (
  company: Organization,
  columns: readonly Column<Organization>[] | undefined,
): Record<string, unknown> => ({
  id: company.id,
  name: company.name,
  domain: company.domain,
  domains: company.domains,
  isGlobal: company.global,
  ...(columns === undefined ? {} : { fields: renderFields(company, columns) }),
});

export const showPerson = (
  person: Person,
  columns: readonly Column<Person>[] | undefined,
): Record<string, unknown> => ({
  id: person.id,
  firstName: person.first_name ?? '',
  lastName: person.last_name,
  primaryEmailAddress: person.primary_email,
  emailAddresses: person.emails,
  type: person.type === 1 ? 'internal' : 'external',
  ...(columns === undefined ? {} : { fields: renderFields(person, columns) }),
});

const showUser = (person: Person): Record<string, unknown> => ({
  id: person.id,
  firstName: person.first_name,
  lastName: person.last_name,
  primaryEmailAddress: person.primary_email,
  emailAddresses: person.emails,
  status: person.userStatus,
});
