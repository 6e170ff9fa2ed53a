import { setting } from '@freight/runtime';
import type { z } from 'zod';

/** The settings of the services that use Redis. */
export const redisSettings = {
  FREIGHT_REDIS_URL: setting.secretUrl('redis', 'rediss'),
  FREIGHT_REDIS_CONNECT_TIMEOUT_MS: setting.whole(5000, 1, 60_000),
  FREIGHT_REDIS_OPERATIONS_PER_TENANT_MAX: setting.whole(10, 1, 1000),
} as const;

export type RedisConfig = Readonly<z.output<z.ZodObject<typeof redisSettings>>>;
