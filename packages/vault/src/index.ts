export { type KeyListing, type KeyProvider, openKeyDirectory, type TenantKeys } from './keyProvider.ts';
export { contentOfKey, type KeyName, type KeyRing, openRing } from './keyRing.ts';
export {
  type JwkSet,
  openSigner,
  type Signable,
  type SignatureProblem,
  type Signed,
  type Signer,
  verifySigned,
} from './signing.ts';
export { createVault, sealContexts, type TenantVault, type Vault } from './vault.ts';
