import type { AffinityRow, AttioEdit, AttioRow, FaultInput, WorkspaceInput } from '@freight/sandbox';
import { activityCases, faultCases } from './activityCases.ts';
import type { EdgeCase } from './edgeCase.ts';
import { crowd, ground, members } from './ground.ts';
import { opportunityCases } from './opportunityCases.ts';
import { organizationCases } from './organizationCases.ts';
import { personCases } from './personCases.ts';

export type { EdgeCase, SubjectKind } from './edgeCase.ts';

/** Every case, in the order of the page "Edge cases". */
export const edgeCases: readonly EdgeCase[] = [
  ...organizationCases,
  ...personCases,
  ...opportunityCases,
  ...activityCases,
  ...faultCases,
];

/** The data set `edge-cases`: both workspaces as they stand before the move, and what goes wrong during it. */
export interface EdgeCaseData {
  readonly affinity: readonly AffinityRow[];
  readonly attio: {
    /** What the workspace must be made with. */
    readonly options: NonNullable<Extract<WorkspaceInput, { kind: 'attio' }>['options']>;
    readonly rows: readonly AttioRow[];
    /** To be done after the rows are in. */
    readonly edits: readonly AttioEdit[];
  };
  /** To be armed at each stand-in, in this order, before the job starts. */
  readonly faults: { readonly affinity: readonly FaultInput[]; readonly attio: readonly FaultInput[] };
}

/** Puts the cases together. Rows come in an order in which the seeding door takes them. */
export const edgeCaseData = (): EdgeCaseData => {
  const faultsAt = (place: 'affinity' | 'attio'): FaultInput[] =>
    edgeCases.flatMap(one => one.faults ?? []).flatMap(({ at, fault }) => (at === place ? [fault] : []));
  return {
    affinity: [...ground, ...edgeCases.flatMap(one => one.affinity ?? []), ...crowd],
    attio: {
      options: { dealsEnabled: true, members: [...members], noteContentMaxBytes: 64 * 1024 },
      rows: edgeCases.flatMap(one => one.attio ?? []),
      edits: edgeCases.flatMap(one => one.edits ?? []),
    },
    faults: { affinity: faultsAt('affinity'), attio: faultsAt('attio') },
  };
};
