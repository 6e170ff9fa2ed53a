import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, giveTo } from './account.ts';
import type { Identity } from './authority.ts';

/** Where a certificate, its key and its authority's certificate are; the names are those that cert-manager gives them in a Secret. */
export interface IdentityFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Writes an identity into a folder, over what was there. @param account who is to read the key; without one, this user. */
export const writeIdentity = (folder: string, identity: Identity, ca: string, account?: Account): IdentityFiles => {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const files = { ca: join(folder, 'ca.crt'), cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  writeFileSync(files.ca, ca, { mode: 0o644 });
  writeFileSync(files.cert, identity.cert, { mode: 0o644 });
  writeFileSync(files.key, identity.key, { mode: 0o600 });
  for (const file of [folder, ...Object.values(files)]) giveTo(file, account);
  return files;
};
