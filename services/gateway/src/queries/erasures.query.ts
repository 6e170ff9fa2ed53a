import type { ErasureCertificate } from '@freight/contracts';
import type { Database } from '@freight/postgres';

/** The certificate of an erasure, null while it lasts; undefined when there is none. */
export const readCertificate = (
  db: Database,
  tenantId: string,
): Promise<{ readonly certificate: ErasureCertificate | null } | undefined> =>
  db.withTenant(tenantId, async sql => {
    const [row] = await sql<{ certificate: ErasureCertificate | null }[]>`
      select certificate from erasures where tenant_id = freight_tenant()`;
    return row;
  });
