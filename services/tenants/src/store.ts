import { createStore } from '@freight/eventstore';
import { tenantDecider } from './domain/tenant/decider.ts';
import { apiKeysProjection } from './projections/apiKeys.projection.ts';
import { connectionsProjection } from './projections/connections.projection.ts';
import { subscriptionsProjection } from './projections/subscriptions.projection.ts';
import { tenantsProjection } from './projections/tenants.projection.ts';

/** The read models, in the order in which they are filled and emptied. */
export const projections = [
  tenantsProjection,
  apiKeysProjection,
  connectionsProjection,
  subscriptionsProjection,
] as const;

/** The log of tenants with its read models. A tenant's stream has the tenant's id. */
export const tenantStore = createStore({ log: 'tenant', decider: tenantDecider, projections });
