export { type KeyProvider, openKeyDirectory } from './keyProvider.ts';
export { createVault, sealContexts, type TenantVault, type Vault } from './vault.ts';
