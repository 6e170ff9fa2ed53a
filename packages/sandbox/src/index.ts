export { createSandboxClient, type SandboxClient, SandboxError } from './client.ts';
export type {
  AffinityIds,
  AffinityLimits,
  AffinityOptions,
  AttioEdit,
  AttioLimits,
  AttioOptions,
  Counts,
  Damage,
  DamagedThing,
  DamageInput,
  DamageKind,
  DamageReport,
  Doubles,
  FaultInput,
  FaultReport,
  LimitsInput,
  SandboxStats,
  WorkspaceInfo,
  WorkspaceInput,
} from './control/types.ts';
export type { AffinityCell, AffinityRow, AttioRow } from './rows.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './startSandbox.ts';
