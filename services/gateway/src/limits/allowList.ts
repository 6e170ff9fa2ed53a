import { platformTenantId, type TenantSettings } from '@freight/contracts';
import { createBlocks } from '../address/blocks.ts';
import type { ReadTenantSettings } from './tenantSettings.ts';

/** Whether a tenant's keys work from an address. */
export type AdmitAddress = (tenantId: string, address: string) => Promise<boolean>;

/** The operators' own tenant has no list: whoever shut himself out could not take that back. */
export const createAllowList = (settings: ReadTenantSettings): AdmitAddress => {
  const compiled = new WeakMap<TenantSettings, ReturnType<typeof createBlocks>>();
  return async (tenantId, address) => {
    if (tenantId === platformTenantId) return true;
    const known = await settings(tenantId);
    if (known.ipAllowList.length === 0) return true;
    let blocks = compiled.get(known);
    if (!blocks) compiled.set(known, (blocks = createBlocks(known.ipAllowList)));
    return blocks.has(address);
  };
};
