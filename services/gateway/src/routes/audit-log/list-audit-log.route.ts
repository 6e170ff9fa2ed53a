import { defineRoute } from '../../http/defineRoute.ts';
import { answerAudit, auditDescription, auditHeaders, auditQuery, auditResponses } from './answerAudit.ts';

export const listAuditLogRoute = defineRoute({
  method: 'get',
  path: '/v1/audit-log',
  operationId: 'listAuditLog',
  tag: 'audit-log',
  summary: "Read or download the audit log of one's own tenant",
  description: auditDescription,
  scope: 'read',
  query: auditQuery,
  headers: auditHeaders,
  responses: auditResponses,
  handle: (request, deps) => answerAudit(deps, request, request.caller.tenantId),
});
