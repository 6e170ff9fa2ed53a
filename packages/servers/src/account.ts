import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync } from 'node:fs';
import { ServerStartError } from './errors.ts';

/** The unprivileged user that servers run as when this process is root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account for the servers: undefined when this process is not root (they then run as the same user).
 * PostgreSQL refuses to run as root, and the other two have no reason to. An existing user is taken, none is made.
 * @throws ServerStartError when root and no such user exists.
 */
export const unprivilegedAccount = (): Account | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
    .map(([name, , uid, gid]) => ({ name: name ?? '', uid: Number(uid), gid: Number(gid) }))
    .filter(user => user.uid > 0 && user.gid > 0);
  const account = ['postgres', 'nobody'].flatMap(name => users.filter(user => user.name === name))[0];
  if (!account) {
    throw new ServerStartError(
      'PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody". Run Freight as an ordinary user.',
    );
  }
  return account;
};

/** Whether the account may enter the folder: asked of the kernel, since the mode bits of all its parents, ACLs and mount options decide. */
export const canEnter = (folder: string, account: Account | undefined): boolean => {
  if (!account) return true;
  return spawnSync('test', ['-x', folder], { uid: account.uid, gid: account.gid, cwd: '/' }).status === 0;
};

/** Hands a file or folder to the account; without an account it is ours already. */
export const giveTo = (path: string, account: Account | undefined): void => {
  if (account) chownSync(path, account.uid, account.gid);
};
