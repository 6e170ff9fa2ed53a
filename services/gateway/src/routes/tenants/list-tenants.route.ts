import { tenantView, tenantViewOfRow } from '@freight/contracts';
import { z } from 'zod';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageOf, pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { listTenants } from '../../queries/tenants.query.ts';

export const listTenantsRoute = defineRoute({
  method: 'get',
  path: '/v1/tenants',
  operationId: 'listTenants',
  tag: 'tenants',
  summary: 'List the tenants, newest first',
  scope: 'operator',
  query: z.strictObject(pageQuery()),
  responses: { 200: { description: 'A page of tenants.', schema: pageOf(tenantView).meta({ id: 'TenantPage' }) } },
  handle: ({ caller, query }, deps) =>
    answerPage({
      deps,
      tenantId: caller.tenantId,
      query,
      purpose: 'tenants',
      read: (after, limit) => listTenants(deps.db, after, limit),
      keysOf: row => [row.created_at.toISOString(), row.id],
      show: tenantViewOfRow,
    }),
});
