import type { RedisOptions, RedisStore } from '@freight/lease';
import { clientTlsOf } from './clientTls.ts';
import type { Parts } from './parts.ts';
import type { RedisConfig } from './settings.ts';

/** Opens Redis, which may be away: nothing in it is needed. */
export const startRedis = async (parts: Parts, config: RedisConfig): Promise<RedisStore> => {
  // The job service has no Redis: it does not load the driver.
  const { openRedis } = await import('@freight/lease');
  const options: RedisOptions = {
    url: config.FREIGHT_REDIS_URL.reveal(),
    tls: clientTlsOf('FREIGHT_REDIS', config),
    name: parts.name,
    connectTimeoutMs: config.FREIGHT_REDIS_CONNECT_TIMEOUT_MS,
    operationsPerTenantMax: config.FREIGHT_REDIS_OPERATIONS_PER_TENANT_MAX,
    onStatus: status => parts.logger.info({ status }, 'redis'),
    onError: error => parts.logger.warn({ err: error }, 'redis'),
  };
  const redis = openRedis(options);
  parts.onStop('redis', () => redis.close());
  return redis;
};
