import 'reflect-metadata';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface IdentityOptions {
  readonly name: string;
  /** Host names and addresses that it is for. */
  readonly hosts: readonly string[];
  /** Until when it is good; a time that has passed makes one that has expired. Default: as long as its authority. */
  readonly notAfter?: Date;
}

/** An authority that lives as long as this process: its key is in no file. */
export interface Authority {
  /** Its own certificate, PEM: what clients are told to trust. */
  readonly ca: string;
  /** Issues a certificate that is good for a server as for a client. */
  issue(options: IdentityOptions): Promise<Identity>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 24 * 60 * 60 * 1000;
/** For a machine that tries things out; `up` makes new ones at each start. */
const validMs = 365 * day;

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const serialNumber = () =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(15)))
    .toString('hex')
    .padStart(32, '01');

/** Makes an authority out of nothing. */
export const createAuthority = async (name: string): Promise<Authority> => {
  // Clocks of several machines differ a little.
  const notBefore = new Date(Date.now() - day);
  const end = new Date(Date.now() + validMs);
  const keys = await newKeys();
  const own = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore,
    notAfter: end,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    ca: own.toString('pem'),
    issue: async ({ name: subject, hosts, notAfter = end }) => {
      const its = await newKeys();
      const alternatives = hosts.map(value => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }));
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${subject}`,
        issuer: own.subject,
        notBefore: new Date(Math.min(notBefore.getTime(), notAfter.getTime() - day)),
        notAfter,
        signingAlgorithm: algorithm,
        publicKey: its.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension(alternatives),
          await SubjectKeyIdentifierExtension.create(its.publicKey),
          await AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', its.privateKey), 'PRIVATE KEY');
      return { cert: certificate.toString('pem'), key };
    },
  };
};
