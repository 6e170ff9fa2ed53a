import type { NatsDeployment } from './deployment.ts';

/**
 * The part of nats-server's configuration that makes it know accounts and users by tokens. The resolver keeps subscribers' accounts in the
 * folder, and takes changes and deletions from the broker's own account; the two accounts that never change are given in advance.
 */
export const operatorConfig = (deployment: NatsDeployment, resolverFolder: string): string => {
  const { operatorToken, systemAccount, freightAccount } = deployment;
  return `operator: ${operatorToken}
system_account: ${systemAccount.id}
resolver {
  type: full
  dir: ${JSON.stringify(resolverFolder)}
  allow_delete: true
  interval: "2m"
}
resolver_preload {
  ${systemAccount.id}: ${systemAccount.token}
  ${freightAccount.id}: ${freightAccount.token}
}
`;
};
