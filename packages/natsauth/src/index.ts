export { claimSubjects } from './deployment.ts';
export { type NatsFolder, openNatsFolder } from './folder.ts';
export type { SigningKeys } from './signing.ts';
