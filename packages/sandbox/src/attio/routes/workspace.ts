import { notFound } from '../errors.ts';
import type { AttioState } from '../model/state.ts';
import type { Member } from '../model/types.ts';
import { grantedScopes } from '../scopes.ts';
import { toNanos } from '../time.ts';
import { type AttioRoute, data, reads } from './route.ts';

/** Who the token is, and who else is in the workspace. */
export const workspaceRoutes: readonly AttioRoute[] = [
  // The one answer without an envelope.
  reads('GET', '/v2/self', [], ({ state }) => ({
    active: true,
    scope: grantedScopes(state.options.scopes).join(' '),
    client_id: state.tokenId,
    token_type: 'Bearer',
    exp: null,
    iat: Math.floor(state.createdAtMs / 1000),
    sub: state.workspaceId,
    aud: state.tokenId,
    iss: 'attio.com',
    authorized_by_workspace_member_id: state.members[0]?.id ?? null,
    workspace_id: state.workspaceId,
    workspace_name: state.workspaceName,
    workspace_slug: state.workspaceSlug,
    workspace_logo_url: null,
  })),
  reads('GET', '/v2/workspace_members', ['user_management:read'], ({ state }) =>
    data(state.members.map(member => renderMember(state, member))),
  ),
  reads('GET', '/v2/workspace_members/{member}', ['user_management:read'], ({ state, params }) => {
    const member = state.members.find(each => each.id === params.member);
    if (member === undefined) throw notFound('Workspace member', params.member ?? '');
    return data(renderMember(state, member));
  }),
];

const renderMember = (state: AttioState, member: Member): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, workspace_member_id: member.id },
  first_name: member.firstName,
  last_name: member.lastName,
  avatar_url: null,
  email_address: member.email,
  created_at: toNanos(member.createdAtMs),
  access_level: member.accessLevel,
});
