import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { FreightError } from '@freight/kernel';

/** Files that a TLS connection rests on, as paths; an empty one is not set. */
export interface TlsFiles {
  /** Authorities that the other side's certificate must come from, PEM; without it, those that Node.js brings along. */
  readonly ca: string;
  /** Our own certificate with what leads to its authority, and its key, PEM: both or neither. */
  readonly cert: string;
  readonly key: string;
}

/** What each file is called where it is set, for messages. */
export type TlsNames = Readonly<Record<keyof TlsFiles, string>>;

/** The contents of the files. */
export type TlsMaterial = Readonly<Partial<Record<keyof TlsFiles, string>>>;

const tlsFilesUnusable = (problems: readonly string[]): FreightError =>
  new FreightError(problems.join('; '), { code: 'tls_files_unusable', retry: 'terminal' });

const certificatesIn = (pem: string): readonly string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];

/** Reads what is set. @returns the contents, and a line for each file that cannot be used; a key's content is in no line. */
export const readTlsFiles = (
  files: TlsFiles,
  names: TlsNames,
): {
  readonly material: TlsMaterial;
  readonly certificates: readonly X509Certificate[];
  readonly problems: readonly string[];
} => {
  const problems: string[] = [];
  const material: Partial<Record<keyof TlsFiles, string>> = {};
  for (const what of ['ca', 'cert', 'key'] as const) {
    if (files[what] === '') continue;
    try {
      material[what] = readFileSync(files[what], 'utf8');
    } catch (error) {
      problems.push(`${names[what]}: ${(error as Error).message}`);
    }
  }
  const parsed = (what: 'ca' | 'cert'): X509Certificate[] => {
    const pem = material[what];
    if (pem === undefined) return [];
    try {
      const found = certificatesIn(pem).map(one => new X509Certificate(one));
      if (found.length > 0) return found;
    } catch {
      // Said below: what OpenSSL says of it helps nobody.
    }
    problems.push(`${names[what]}: ${files[what]} holds no certificate in PEM`);
    return [];
  };
  const authorities = parsed('ca');
  const [own, ...chain] = parsed('cert');
  if (material.key !== undefined) {
    try {
      const key = createPrivateKey(material.key);
      if (own && !own.checkPrivateKey(key)) problems.push(`${names.key}: the key is not that of ${names.cert}`);
    } catch {
      problems.push(`${names.key}: ${files.key} holds no private key in PEM that opens without a password`);
    }
  }
  if ((files.cert === '') !== (files.key === '')) {
    const [set, missing] = files.cert === '' ? [names.key, names.cert] : [names.cert, names.key];
    problems.push(`${missing} is missing: ${set} is set, and one is nothing without the other`);
  }
  return { material, certificates: [...(own ? [own, ...chain] : []), ...authorities], problems };
};

/** The contents, made ready for connections. @throws FreightError `tls_files_unusable` that names every file that cannot be used. */
export const loadTlsFiles = (
  files: TlsFiles,
  names: TlsNames,
): { readonly material: TlsMaterial; readonly context: SecureContext } => {
  const { material, problems } = readTlsFiles(files, names);
  if (problems.length > 0) throw tlsFilesUnusable(problems);
  return { material, context: createSecureContext(material) };
};
