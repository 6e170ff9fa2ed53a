import { ConfigError, parseConfig, setting } from '@freight/runtime';
import { z } from 'zod';
import { hops, plaintextProblems } from './plaintext.ts';

/** The settings about TLS that every service has. */
export const tlsSettings = {
  /** Hops on which a connection without TLS is refused, also to this machine itself. */
  FREIGHT_TLS_REQUIRED: setting.list('').pipe(z.array(z.enum(hops, { error: `must be a list of ${hops.join(', ')}` }))),
  /** Authorities that the database's certificate must come from; the files are PEM, and an empty name means none. */
  FREIGHT_DATABASE_CA_FILE: setting.optionalFile(),
  FREIGHT_DATABASE_CERT_FILE: setting.optionalFile(),
  FREIGHT_DATABASE_KEY_FILE: setting.optionalFile(),
  FREIGHT_NATS_CA_FILE: setting.optionalFile(),
  FREIGHT_NATS_CERT_FILE: setting.optionalFile(),
  FREIGHT_NATS_KEY_FILE: setting.optionalFile(),
} as const;

/** The settings of the services that use Redis. */
export const redisSettings = {
  FREIGHT_REDIS_URL: setting.secretUrl('redis', 'rediss'),
  FREIGHT_REDIS_CA_FILE: setting.optionalFile(),
  FREIGHT_REDIS_CERT_FILE: setting.optionalFile(),
  FREIGHT_REDIS_KEY_FILE: setting.optionalFile(),
  FREIGHT_REDIS_CONNECT_TIMEOUT_MS: setting.whole(5000, 1, 60_000),
  FREIGHT_REDIS_OPERATIONS_PER_TENANT_MAX: setting.whole(10, 1, 1000),
} as const;

export type TlsConfig = Readonly<z.output<z.ZodObject<typeof tlsSettings>>>;
export type RedisConfig = Readonly<z.output<z.ZodObject<typeof redisSettings>>>;

/**
 * As `parseConfig`, and sees to how connections are secured.
 * @throws ConfigError with all problems of both at once.
 */
export const readSettings = <S extends z.ZodRawShape>(
  env: Readonly<Record<string, string | undefined>>,
  shape: S,
): Readonly<z.output<z.ZodObject<S>>> => {
  const unsafe = plaintextProblems(env, Object.keys(shape));
  try {
    const config = parseConfig(env, shape);
    if (unsafe.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...error.problems, ...unsafe]);
  }
  throw new ConfigError(unsafe);
};
