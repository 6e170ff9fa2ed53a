import { eraseTenantBody, erasureView } from '@freight/contracts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { changeTenant } from './changeTenant.ts';
import { tenantParams } from './tenantParams.ts';

export const eraseTenantRoute = defineRoute({
  method: 'post',
  path: '/v1/tenants/{tenantId}/erase',
  operationId: 'eraseTenant',
  tag: 'tenants',
  summary: 'Erase a tenant for good',
  description:
    'Destroys its key, and with it what backups hold, and removes its rows, messages and events. The tenant must be suspended. There is no way back. When the status is `erased`, the certificate can be read.',
  scope: 'operator',
  params: tenantParams,
  headers: commandHeaders,
  body: eraseTenantBody,
  responses: { 200: { description: 'It is being erased, or was.', schema: erasureView }, ...accepted },
  problems: ['not_found', 'tenant_not_suspended', 'slug_mismatch'],
  handle: (request, deps) => changeTenant(deps, request, 'erase-tenant', request.body),
});
