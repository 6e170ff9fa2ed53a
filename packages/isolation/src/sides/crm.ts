import { type AffinityRow, createSandboxClient } from '@freight/sandbox';

export interface Workspace {
  readonly url: string;
  readonly token: string;
}

/** Marked records: two organizations, two persons who work there, and one whom the target refuses, so that its own words are kept. */
const rows = (mark: string): AffinityRow[] => [
  ...[1, 2].map(id => ({
    kind: 'organization' as const,
    id,
    name: `Organization ${id} ${mark}`,
    domain: `o${id}-${mark}.example`,
    domains: [`o${id}-${mark}.example`],
    global: true,
  })),
  ...[11, 12].map(id => ({
    kind: 'person' as const,
    id,
    first_name: `Person${id}`,
    last_name: mark,
    primary_email: `p${id}@o1-${mark}.example`,
    emails: [`p${id}@o1-${mark}.example`],
    organization_ids: [1],
  })),
  { kind: 'person', id: 13, first_name: 'Refused', last_name: mark, emails: [`no address ${mark}`] },
];

/** Makes an old and a new CRM account in the stand-ins, the old one with marked records. */
export const makeAccounts = async (
  sandboxUrl: string,
  mark: string,
): Promise<{ readonly affinity: Workspace; readonly attio: Workspace }> => {
  const sandbox = createSandboxClient(sandboxUrl);
  const affinity = await sandbox.createWorkspace({ kind: 'affinity', name: `Old ${mark}`, limits: null });
  const attio = await sandbox.createWorkspace({ kind: 'attio', name: `New ${mark}`, limits: null });
  await sandbox.seed(affinity.id, rows(mark));
  return {
    affinity: { url: `${sandboxUrl}/affinity`, token: affinity.token },
    attio: { url: `${sandboxUrl}/attio`, token: attio.token },
  };
};
