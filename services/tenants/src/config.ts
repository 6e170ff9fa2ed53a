import { commonSettings, parseConfig, setting } from '@freight/runtime';
import { redisSettings } from '@freight/service';

const settings = {
  ...commonSettings,
  ...redisSettings,
  /** The folder of the deployment's and the tenants' keys, shared by all services that have it. */
  FREIGHT_KEYS_DIR: setting.text(),
  /** Commands handled at once by one process. */
  FREIGHT_COMMAND_CONCURRENCY: setting.whole(8, 1, 100),
  /** Subscriptions that a tenant may have at once. */
  FREIGHT_SUBSCRIPTIONS_PER_TENANT_MAX: setting.whole(20, 0, 1000),
  /** What subscribers' accounts are signed with; without it there are no subscriptions. */
  FREIGHT_NATS_SIGNING_FILE: setting.optionalFile(),
  /** How often the gateways are told how many keys were revoked. */
  FREIGHT_REVOCATION_HEARTBEAT_MS: setting.whole(250, 10, 10_000),
  /** How long an erasure waits, after the tenant's work was stopped, for what was under way elsewhere. */
  FREIGHT_ERASURE_SETTLE_MS: setting.whole(10_000, 0, 3_600_000),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError with every problem at once. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>) => parseConfig(env, settings);
