import type { TenantEvent } from '@freight/contracts';
import type { Decider } from '@freight/kernel';
import { decide, type TenantCommand, type TenantRejection } from './decide.ts';
import { evolve } from './evolve.ts';
import { initialState, type TenantState } from './state.ts';

export const tenantDecider: Decider<TenantState, TenantCommand, TenantEvent, TenantRejection> = {
  initialState,
  decide,
  evolve,
};
