import { FreightError } from '@freight/kernel';

/** Codes of OpenSSL's verification, as Node.js passes them on. Source: Node.js, "TLS: X509 certificate error codes". */
const untrusted = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
]);

/** What a refusal is about, as whoever runs this knows it. */
export interface RefusalWords {
  /** The setting with the server's address. */
  readonly url: string;
  /** Which authorities are trusted: `in SETTING`, … */
  readonly trusted: string;
  /** The certificate that we show, if any. */
  readonly own: string;
}

const codesOf = (error: unknown): readonly { readonly code: string; readonly message: string }[] => {
  const found: { code: string; message: string }[] = [];
  // Drivers wrap what Node.js says in errors of their own.
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) {
    const { code } = one as { code?: unknown };
    found.push({ code: typeof code === 'string' ? code : '', message: one.message });
  }
  return found;
};

const why = (
  { code, message }: { readonly code: string; readonly message: string },
  words: RefusalWords,
): string | undefined => {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is not for the host in ${words.url} (${message})`;
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate, or that of its authority, has expired: renew it';
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet: look at the clocks of both machines';
  if (untrusted.has(code)) return `its certificate does not come from an authority ${words.trusted} (${code})`;
  // The other side ends the connection; which certificate it did not like is ours.
  if (
    /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE)/.test(
      code.replaceAll(' ', '_').toUpperCase(),
    )
  )
    return `it refuses ${words.own} (${code})`;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code) || /server does not support 'tls'/.test(message))
    return `it speaks no TLS, and ${words.url} asks for it`;
  return undefined;
};

/** @param server as people know it, such as `PostgreSQL`. @returns `server_not_trusted`, retryable: certificates are replaced while services run. */
export const explainRefusal = (error: unknown, server: string, words: RefusalWords): FreightError | undefined => {
  for (const one of codesOf(error)) {
    const reason = why(one, words);
    if (reason === undefined) continue;
    return new FreightError(`No connection to ${server}: ${reason}`, {
      code: 'server_not_trusted',
      retry: 'retryable',
      cause: error,
    });
  }
  return undefined;
};
