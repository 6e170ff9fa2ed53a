import { tenantView } from '@freight/contracts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { changeTenant } from './changeTenant.ts';
import { tenantParams } from './tenantParams.ts';

export const activateTenantRoute = defineRoute({
  method: 'post',
  path: '/v1/tenants/{tenantId}/activate',
  operationId: 'activateTenant',
  tag: 'tenants',
  summary: 'Activate a suspended tenant',
  description: 'Its keys work again, and its jobs go on.',
  scope: 'operator',
  params: tenantParams,
  headers: commandHeaders,
  responses: { 200: { description: 'The tenant as it is now.', schema: tenantView }, ...accepted },
  problems: ['not_found', 'tenant_erased'],
  handle: (request, deps) => changeTenant(deps, request, 'activate-tenant'),
});
