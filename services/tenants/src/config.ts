import { commonSettings, setting } from '@freight/runtime';
import { readSettings, tlsSettings } from '@freight/service';

const settings = {
  ...commonSettings,
  ...tlsSettings,
  /** Commands handled at once by one process. */
  FREIGHT_COMMAND_CONCURRENCY: setting.whole(8, 1, 100),
  /** What subscribers' accounts are signed with; without it there are no subscriptions. */
  FREIGHT_NATS_SIGNING_FILE: setting.optionalFile(),
  /** How often the gateways are told how many keys were revoked. */
  FREIGHT_REVOCATION_HEARTBEAT_MS: setting.whole(250, 10, 10_000),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError with every problem at once. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>) => readSettings(env, settings);
