import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { getTenant } from '../../queries/tenants.query.ts';
import { tenantParams } from '../tenants/tenantParams.ts';
import { answerAudit, auditDescription, auditHeaders, auditQuery, auditResponses } from './answerAudit.ts';

export const listTenantAuditLogRoute = defineRoute({
  method: 'get',
  path: '/v1/tenants/{tenantId}/audit-log',
  operationId: 'listTenantAuditLog',
  tag: 'tenants',
  summary: 'Read or download the audit log of a tenant',
  description: auditDescription,
  scope: 'operator',
  params: tenantParams,
  query: auditQuery,
  headers: auditHeaders,
  responses: auditResponses,
  problems: ['not_found'],
  handle: async (request, deps) => {
    const { tenantId } = request.params;
    return (await getTenant(deps.db, tenantId)) ? answerAudit(deps, request, tenantId) : notFound();
  },
});
