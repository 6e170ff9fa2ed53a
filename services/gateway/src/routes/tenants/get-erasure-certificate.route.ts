import { erasureCertificate } from '@freight/contracts';
import { notFound, refuse } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { readCertificate } from '../../queries/erasures.query.ts';
import { tenantParams } from './tenantParams.ts';

export const getErasureCertificateRoute = defineRoute({
  method: 'get',
  path: '/v1/tenants/{tenantId}/erasure-certificate',
  operationId: 'getErasureCertificate',
  tag: 'tenants',
  summary: "Read the certificate of a tenant's erasure",
  description: "Signed with the deployment's key: see `/v1/signing-keys`. `./freight erasure verify` checks it.",
  scope: 'operator',
  params: tenantParams,
  responses: { 200: { description: 'The certificate.', schema: erasureCertificate } },
  problems: ['not_found', 'tenant_erased'],
  handle: async ({ params }, deps) => {
    const found = await readCertificate(deps.db, params.tenantId);
    if (!found) return notFound();
    return found.certificate
      ? { status: 200, body: found.certificate }
      : refuse('tenant_erased', 'It is still being erased: ask again in a moment.', {
          headers: { 'retry-after': '5' },
        });
  },
});
