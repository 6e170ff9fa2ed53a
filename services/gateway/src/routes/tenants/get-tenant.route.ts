import { tenantView } from '@freight/contracts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { etagOf } from '../../http/fields.ts';
import { getTenant } from '../../queries/tenants.query.ts';
import { tenantParams } from './tenantParams.ts';

export const getTenantRoute = defineRoute({
  method: 'get',
  path: '/v1/tenants/{tenantId}',
  operationId: 'getTenant',
  tag: 'tenants',
  summary: 'Read a tenant',
  scope: 'operator',
  params: tenantParams,
  responses: { 200: { description: 'The tenant.', schema: tenantView } },
  problems: ['not_found'],
  handle: async ({ params }, deps) => {
    const body = await getTenant(deps.db, params.tenantId);
    return body ? { status: 200, body, headers: etagOf(body) } : notFound();
  },
});
