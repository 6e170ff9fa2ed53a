import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '@freight/kernel';
import type { KeyProvider } from './keyProvider.ts';

/** A public key of the deployment, as RFC 8037 writes it. `kid` is its thumbprint (RFC 7638). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** A set of public keys. Source: RFC 7517, section 5. */
export interface JwkSet {
  readonly keys: readonly PublicJwk[];
}

/** What can be signed: `type` says what it is, so that a signature of one kind of thing is none of another. */
export interface Signable {
  readonly type: string;
}

/** A thing with its signature: Ed25519 over the canonical JSON (RFC 8785) of `content`. */
export interface Signed<T extends Signable> {
  readonly content: T;
  readonly signature: {
    readonly algorithm: 'EdDSA';
    readonly keyId: string;
    /** Base64url. */
    readonly value: string;
  };
}

export interface Signer {
  sign<T extends Signable>(content: T): Signed<T>;
  /** Newest first. */
  readonly publicKeys: JwkSet;
}

/** The frame of a private key: what precedes its 32 bytes in PKCS #8. Source: RFC 8410, section 7. */
const pkcs8Frame = Buffer.from('302e020100300506032b657004220420', 'hex');

const thumbprint = (x: string): string =>
  createHash('sha256')
    .update(canonicalJson({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');

const publicOf = (key: KeyObject): PublicJwk => {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x, kid: thumbprint(x), use: 'sig', alg: 'EdDSA' };
};

/** The deployment's signing key, made when it is first needed; of several processes the first to make it wins. */
export const openSigner = async (provider: Pick<KeyProvider, 'signingRing'>): Promise<Signer> => {
  const ring = await provider.signingRing();
  const keys = ring.names
    .flatMap(({ version }) => {
      const seed = ring.key(version);
      if (!seed) return [];
      const key = createPrivateKey({ key: Buffer.concat([pkcs8Frame, seed]), format: 'der', type: 'pkcs8' });
      return [{ version, key, jwk: publicOf(key) }];
    })
    .sort((a, b) => b.version - a.version);
  const [newest] = keys;
  if (!newest) throw new Error('A ring without a key');
  return {
    publicKeys: { keys: keys.map(one => one.jwk) },
    sign: content => ({
      content,
      signature: {
        algorithm: 'EdDSA',
        keyId: newest.jwk.kid,
        value: sign(null, Buffer.from(canonicalJson(content)), newest.key).toString('base64url'),
      },
    }),
  };
};

/** Why a signature is not to be believed. `unknown_key`: none of the given keys made it. */
export type SignatureProblem = 'unknown_key' | 'wrong_type' | 'wrong_signature';

/** @param type what the thing has to be. @returns what is wrong; undefined: nothing. */
export const verifySigned = (signed: Signed<Signable>, keys: JwkSet, type: string): SignatureProblem | undefined => {
  const jwk = keys.keys.find(one => one.kid === signed.signature.keyId && one.kid === thumbprint(one.x));
  if (!jwk) return 'unknown_key';
  if (signed.content.type !== type) return 'wrong_type';
  const key = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' });
  const isRight = verify(
    null,
    Buffer.from(canonicalJson(signed.content)),
    key,
    Buffer.from(signed.signature.value, 'base64url'),
  );
  return isRight && signed.signature.algorithm === 'EdDSA' ? undefined : 'wrong_signature';
};
