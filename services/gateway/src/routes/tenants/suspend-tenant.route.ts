import { tenantView } from '@freight/contracts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { changeTenant } from './changeTenant.ts';
import { tenantParams } from './tenantParams.ts';

export const suspendTenantRoute = defineRoute({
  method: 'post',
  path: '/v1/tenants/{tenantId}/suspend',
  operationId: 'suspendTenant',
  tag: 'tenants',
  summary: 'Suspend a tenant',
  description:
    'Within a second its keys are answered `tenant_suspended` and its event streams end. Its jobs stay as they are and get no new work.',
  scope: 'operator',
  params: tenantParams,
  headers: commandHeaders,
  responses: { 200: { description: 'The tenant as it is now.', schema: tenantView }, ...accepted },
  problems: ['not_found', 'tenant_erased'],
  handle: (request, deps) => changeTenant(deps, request, 'suspend-tenant'),
});
