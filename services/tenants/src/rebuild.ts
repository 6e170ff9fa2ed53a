import { rebuild } from '@freight/eventstore';
import type { Database } from '@freight/postgres';
import { tenantDecider } from './domain/tenant/decider.ts';
import { projections } from './store.ts';

/** Empties the tenant service's read models and stream states and folds them anew from the log. */
export const rebuildTenants = (db: Database): Promise<{ readonly tenants: number; readonly events: number }> =>
  rebuild({ db, log: 'tenant', decider: tenantDecider, projections });
