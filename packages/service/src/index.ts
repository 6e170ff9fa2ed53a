export { startBus } from './bus.ts';
export { clientTlsOf } from './clientTls.ts';
export { startDatabase } from './database.ts';
export { isConnected, startHealthDoor } from './health.ts';
export { type ServiceDeps, startParts } from './parts.ts';
export { countHandled, watchQueues } from './queues.ts';
export { startRedis } from './redis.ts';
export { runMain } from './runMain.ts';
export { readSettings, redisSettings, tlsSettings } from './settings.ts';
