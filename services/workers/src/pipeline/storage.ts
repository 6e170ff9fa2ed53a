import { storageLimitCode, tenantSettings } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { BatchFailure } from './failure.ts';

/** Bytes of staged records that a tenant keeps, and may keep. */
export interface Storage {
  readonly stored: number;
  readonly most: number;
}

export const readStorage = async (sql: TenantSql): Promise<Storage> => {
  const [row] = await sql<{ settings: unknown; stored: number }[]>`
    select settings, freight_stored_bytes() as stored from tenants where id = freight_tenant()`;
  return { stored: row?.stored ?? 0, most: tenantSettings.parse(row?.settings ?? {}).storedBytesMax };
};

/** @throws BatchFailure when the limit is reached: no other attempt can help before there is room. */
export const refuseBeyond = ({ stored, most }: Storage): void => {
  if (stored < most) return;
  const detail =
    `The tenant keeps ${stored} bytes of source records and may keep ${most} (storedBytesMax). ` +
    'The job goes on by itself when the limit is raised or records of ended jobs have been removed.';
  throw new BatchFailure({ code: storageLimitCode, detail, side: 'freight' }, 'last');
};

export const demandStorage = async (sql: TenantSql): Promise<void> => refuseBeyond(await readStorage(sql));
