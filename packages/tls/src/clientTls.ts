import type { ConnectionOptions, SecureContext } from 'node:tls';
import type { FreightError } from '@freight/kernel';
import { loadTlsFiles, type TlsFiles, type TlsNames } from './files.ts';
import { explainRefusal } from './refusal.ts';

/** How connections to one kind of server are secured: its certificate and its name are always checked, and nothing turns that off. */
export interface ClientTls {
  /**
   * For `tls.connect`. The files are read anew by each connection that is made with it, so that what was replaced counts from the next
   * one on.
   * @param host as it stands in the server's address: a certificate for another name or address is refused.
   */
  optionsFor(host: string): ConnectionOptions;
  /** The error in words of whoever runs this, with the setting that decides; undefined when it is not about certificates. */
  explain(error: unknown, server: string): FreightError | undefined;
}

export interface ClientTlsOptions {
  readonly files: TlsFiles;
  /** What the files, and the server's address, are called where they are set. */
  readonly names: TlsNames & { readonly url: string };
}

/** @throws FreightError `tls_files_unusable` that names every file that cannot be used. */
export const createClientTls = ({ files, names }: ClientTlsOptions): ClientTls => {
  let context = loadTlsFiles(files, names).context;
  const words = {
    url: names.url,
    trusted: files.ca === '' ? `that Node.js brings along, and ${names.ca} names no other` : `in ${names.ca}`,
    own: files.cert === '' ? `who shows no certificate: set ${names.cert}` : `the certificate in ${names.cert}`,
  };
  const current = (): SecureContext => {
    try {
      context = loadTlsFiles(files, names).context;
    } catch {
      // Half replaced: a new certificate beside the old key. The files of before serve until the rest is there.
    }
    return context;
  };
  return {
    optionsFor: host => ({
      host,
      get secureContext() {
        return current();
      },
    }),
    explain: (error, server) => explainRefusal(error, server, words),
  };
};

/** For servers whose certificates come from an authority that Node.js brings along: no files. */
export const publicClientTls = (): ClientTls =>
  createClientTls({
    files: { ca: '', cert: '', key: '' },
    names: {
      url: 'its address',
      ca: 'the caller',
      cert: 'one',
      key: 'its key',
    },
  });
