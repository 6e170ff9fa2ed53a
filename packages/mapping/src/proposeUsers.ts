import type { Mapping, SourceUser, TargetMember } from '@freight/contracts';

/**
 * The member for each user by e-mail address, whatever the case; all addresses of a user are tried, an active member before a suspended one.
 * Users without a member are left out: a person picks one, or a fallback.
 */
export const proposeUsers = (
  users: readonly SourceUser[],
  members: readonly TargetMember[],
): Mapping['users']['members'] => {
  const ordered = [...members].sort((a, b) => Number(b.isActive) - Number(a.isActive));
  const byAddress = new Map<string, string>();
  for (const member of ordered) {
    const address = member.email.trim().toLowerCase();
    if (address !== '' && !byAddress.has(address)) byAddress.set(address, member.id);
  }
  return Object.fromEntries(
    users.flatMap(user => {
      const found = user.emails.map(email => byAddress.get(email.trim().toLowerCase())).find(id => id !== undefined);
      return found === undefined ? [] : [[user.id, found] as const];
    }),
  );
};
