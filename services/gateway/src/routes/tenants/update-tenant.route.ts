import { tenantView, updateTenantBody } from '@freight/contracts';
import { defineRoute } from '../../http/defineRoute.ts';
import { changeHeaders, ifVersion } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { changeTenant } from './changeTenant.ts';
import { tenantParams } from './tenantParams.ts';

export const updateTenantRoute = defineRoute({
  method: 'patch',
  path: '/v1/tenants/{tenantId}',
  operationId: 'updateTenant',
  tag: 'tenants',
  summary: 'Change the name or the settings of a tenant',
  description: 'What is not named stays as it is; the slug never changes. New limits are in force after some seconds.',
  scope: 'operator',
  params: tenantParams,
  headers: changeHeaders,
  body: updateTenantBody,
  responses: { 200: { description: 'The tenant as it is now.', schema: tenantView }, ...accepted },
  problems: ['not_found', 'version_mismatch', 'tenant_erased'],
  handle: (request, deps) =>
    changeTenant(deps, request, 'update-tenant', { ...request.body, ...ifVersion(request.headers) }),
});
