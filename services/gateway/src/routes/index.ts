import type { Route } from '../http/defineRoute.ts';
import { createApiKeyRoute } from './api-keys/create-api-key.route.ts';
import { listApiKeysRoute } from './api-keys/list-api-keys.route.ts';
import { revokeApiKeyRoute } from './api-keys/revoke-api-key.route.ts';
import { rotateApiKeyRoute } from './api-keys/rotate-api-key.route.ts';
import { listAuditLogRoute } from './audit-log/list-audit-log.route.ts';
import { listTenantAuditLogRoute } from './audit-log/list-tenant-audit-log.route.ts';
import { getCommandRoute } from './commands/get-command.route.ts';
import { createConnectionRoute } from './connections/create-connection.route.ts';
import { deleteConnectionRoute } from './connections/delete-connection.route.ts';
import { getConnectionRoute } from './connections/get-connection.route.ts';
import { getConnectionSchemaRoute } from './connections/get-connection-schema.route.ts';
import { listConnectionsRoute } from './connections/list-connections.route.ts';
import { testConnectionRoute } from './connections/test-connection.route.ts';
import { updateConnectionRoute } from './connections/update-connection.route.ts';
import { cancelJobRoute } from './jobs/cancel-job.route.ts';
import { createJobRoute } from './jobs/create-job.route.ts';
import { deleteJobRoute } from './jobs/delete-job.route.ts';
import { getJobRoute } from './jobs/get-job.route.ts';
import { listJobEventsRoute } from './jobs/list-job-events.route.ts';
import { listJobRecordsRoute } from './jobs/list-job-records.route.ts';
import { listJobsRoute } from './jobs/list-jobs.route.ts';
import { pauseJobRoute } from './jobs/pause-job.route.ts';
import { resumeJobRoute } from './jobs/resume-job.route.ts';
import { startJobRoute } from './jobs/start-job.route.ts';
import { proposeMappingRoute } from './mappings/propose-mapping.route.ts';
import { validateMappingRoute } from './mappings/validate-mapping.route.ts';
import { createSubscriptionRoute } from './subscriptions/create-subscription.route.ts';
import { getSubscriptionRoute } from './subscriptions/get-subscription.route.ts';
import { listSubscriptionsRoute } from './subscriptions/list-subscriptions.route.ts';
import { revokeSubscriptionRoute } from './subscriptions/revoke-subscription.route.ts';
import { activateTenantRoute } from './tenants/activate-tenant.route.ts';
import { createTenantRoute } from './tenants/create-tenant.route.ts';
import { createTenantApiKeyRoute } from './tenants/create-tenant-api-key.route.ts';
import { eraseTenantRoute } from './tenants/erase-tenant.route.ts';
import { exportTenantRoute } from './tenants/export-tenant.route.ts';
import { getErasureCertificateRoute } from './tenants/get-erasure-certificate.route.ts';
import { getTenantRoute } from './tenants/get-tenant.route.ts';
import { listTenantApiKeysRoute } from './tenants/list-tenant-api-keys.route.ts';
import { listTenantsRoute } from './tenants/list-tenants.route.ts';
import { revokeTenantApiKeyRoute } from './tenants/revoke-tenant-api-key.route.ts';
import { suspendTenantRoute } from './tenants/suspend-tenant.route.ts';
import { updateTenantRoute } from './tenants/update-tenant.route.ts';

/** Every operation of the API, in the order of the document. */
export const routes: readonly Route[] = [
  createTenantRoute,
  listTenantsRoute,
  getTenantRoute,
  updateTenantRoute,
  suspendTenantRoute,
  activateTenantRoute,
  exportTenantRoute,
  eraseTenantRoute,
  getErasureCertificateRoute,
  createTenantApiKeyRoute,
  listTenantApiKeysRoute,
  revokeTenantApiKeyRoute,
  listTenantAuditLogRoute,
  createApiKeyRoute,
  listApiKeysRoute,
  revokeApiKeyRoute,
  rotateApiKeyRoute,
  createConnectionRoute,
  listConnectionsRoute,
  getConnectionRoute,
  updateConnectionRoute,
  deleteConnectionRoute,
  testConnectionRoute,
  getConnectionSchemaRoute,
  proposeMappingRoute,
  validateMappingRoute,
  createJobRoute,
  listJobsRoute,
  getJobRoute,
  deleteJobRoute,
  startJobRoute,
  pauseJobRoute,
  resumeJobRoute,
  cancelJobRoute,
  listJobEventsRoute,
  listJobRecordsRoute,
  createSubscriptionRoute,
  listSubscriptionsRoute,
  getSubscriptionRoute,
  revokeSubscriptionRoute,
  getCommandRoute,
  listAuditLogRoute,
];
