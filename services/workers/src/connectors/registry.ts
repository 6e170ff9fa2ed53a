import type { SystemName } from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import { createAffinitySource } from './affinity/source.ts';
import { createAttioTarget } from './attio/target.ts';
import type { CrmAccess, Source, Target } from './connector.ts';

/** What Freight can do with each system. A new one is added here and nowhere else. */
const connectors: {
  readonly [S in SystemName]: {
    readonly source?: (access: CrmAccess) => Source;
    readonly target?: (access: CrmAccess) => Target;
  };
} = {
  affinity: { source: createAffinitySource },
  attio: { target: createAttioTarget },
};

const unsupported = (system: SystemName, role: 'source' | 'target'): FreightError =>
  new FreightError(`Freight cannot use ${system} as a ${role}`, { code: `unsupported_${role}`, retry: 'terminal' });

/** @throws FreightError `unsupported_source`, terminal. */
export const openSource = (system: SystemName, access: CrmAccess): Source => {
  const open = connectors[system].source;
  if (open === undefined) throw unsupported(system, 'source');
  return open(access);
};

/** @throws FreightError `unsupported_target`, terminal. */
export const openTarget = (system: SystemName, access: CrmAccess): Target => {
  const open = connectors[system].target;
  if (open === undefined) throw unsupported(system, 'target');
  return open(access);
};
