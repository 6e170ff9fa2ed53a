import { randomUUID } from 'node:crypto';
import { createAffinityWorkspace } from './affinity/workspace.ts';
import { createAttioWorkspace } from './attio/workspace.ts';
import type { ParsedWorkspaceInput, WorkspaceInfo } from './control/types.ts';
import type { Workspace } from './workspace.ts';

/** All workspaces of a running sandbox, found by id (control door) or by token (the vendors' doors). */
export interface Registry {
  /** Returns `undefined` when the token already opens another workspace of that vendor. */
  create(input: ParsedWorkspaceInput): Workspace | undefined;
  byId(id: string): Workspace | undefined;
  byToken(kind: WorkspaceInfo['kind'], token: string): Workspace | undefined;
  list(): readonly Workspace[];
  remove(id: string): boolean;
}

export function createRegistry(now: () => number): Registry {
  const byId = new Map<string, Workspace>();
  const byToken = { affinity: new Map<string, Workspace>(), attio: new Map<string, Workspace>() };
  return {
    create(input) {
      const token = input.token ?? `${input.kind}_${randomUUID().replaceAll('-', '')}`;
      if (byToken[input.kind].has(token)) return undefined;
      const info: WorkspaceInfo = { id: randomUUID(), kind: input.kind, name: input.name, token };
      const workspace =
        input.kind === 'attio' ? createAttioWorkspace(info, input, now) : createAffinityWorkspace(info, input);
      byId.set(info.id, workspace);
      byToken[input.kind].set(token, workspace);
      return workspace;
    },
    byId: id => byId.get(id),
    byToken: (kind, token) => byToken[kind].get(token),
    list: () => [...byId.values()],
    remove(id) {
      const workspace = byId.get(id);
      if (workspace === undefined) return false;
      byId.delete(id);
      byToken[workspace.info.kind].delete(workspace.info.token);
      return true;
    },
  };
}
