export type { DatabaseUrls } from './database.ts';
export { ServiceStartError } from './errors.ts';
export type { ServiceKind } from './programs.ts';
export type { ForeignServers, PlatformServers } from './servers.ts';
export type { Service } from './service.ts';
export { type Platform, type PlatformOptions, startPlatform } from './startPlatform.ts';
export { databaseTls } from './tls.ts';
export { trust } from './trust.ts';
