import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Account } from './account.ts';
import { type Authority, createAuthority } from './authority.ts';
import { type IdentityFiles, writeIdentity } from './identityFiles.ts';
import { host } from './ports.ts';

/** The throw-away authority of a run and what its servers have from it. */
export interface RunTls {
  readonly authority: Authority;
  /** A certificate for a server on this machine, in a folder `tls` of its home. */
  filesFor(server: string, home: string): Promise<IdentityFiles>;
  /**
   * For asking our own server whether it answers: with a certificate, since it wants one, and whatever its own looks like. That it is
   * ours it shows by knowing the password of this run.
   */
  readonly probe: ConnectionOptions;
}

export const openRunTls = async (account: Account | undefined): Promise<RunTls> => {
  const authority = await createAuthority('Freight throw-away authority');
  const own = await authority.issue({ name: 'freight-probe', hosts: [] });
  return {
    authority,
    filesFor: async (server, home) =>
      writeIdentity(
        join(home, 'tls'),
        await authority.issue({ name: `freight-${server}`, hosts: [host, 'localhost'] }),
        authority.ca,
        account,
      ),
    probe: { ...own, rejectUnauthorized: false },
  };
};
