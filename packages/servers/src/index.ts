export { findServerBinaries, type ServerBinaries, type ServerBinary, type ServerName } from './binaries.ts';
export { ServerMissingError, ServerStartError } from './errors.ts';
export { type NatsServer, startNats } from './nats.ts';
export { type PostgresServer, startPostgres } from './postgres.ts';
export { type RedisServer, startRedis } from './redis.ts';
export type { Alone, StartOptions } from './run.ts';
export { findDeadRuns } from './runFolder.ts';
export type { ServerHandle } from './serverProcess.ts';
export { type Servers, startServers } from './servers.ts';
