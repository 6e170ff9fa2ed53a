import { commonSettings, parseConfig, setting } from '@freight/runtime';

const settings = {
  ...commonSettings,
  /** Commands handled at once by one process. */
  FREIGHT_COMMAND_CONCURRENCY: setting.whole(8, 1, 100),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError with every problem at once. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>) => parseConfig(env, settings);
