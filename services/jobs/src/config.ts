import { commonSettings, setting } from '@freight/runtime';
import { readSettings, tlsSettings } from '@freight/service';

/** The settings of the job service. */
const settings = {
  ...commonSettings,
  ...tlsSettings,
  FREIGHT_COMMAND_CONCURRENCY: setting.whole(8, 1, 64),
  FREIGHT_DISPATCH_POLL_MS: setting.whole(250, 10, 60_000),
  /** A batch that nobody claimed for so long is issued again: its message was lost. */
  FREIGHT_REISSUE_AFTER_MS: setting.whole(10_000, 100, 3_600_000),
  FREIGHT_BATCHES_PER_JOB_MAX: setting.whole(8, 1, 64),
  /** 50 writes are two seconds of work at a target that takes 25 a second. */
  FREIGHT_RECORDS_PER_BATCH: setting.whole(50, 1, 1000),
  FREIGHT_EXTRACTION_PASSES_MAX: setting.whole(5, 2, 100),
  /** How long answered commands, and staged records and outcomes of ended runs are kept where a tenant's settings say nothing; 0: for good. */
  FREIGHT_RETENTION_DAYS: setting.whole(90, 0, 3650),
  FREIGHT_RETENTION_SWEEP_MS: setting.whole(3_600_000, 100, 86_400_000),
  FREIGHT_BATCH_ATTEMPTS_MAX: setting.whole(8, 1, 1000),
} as const;

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError naming every variable that is missing or wrong. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>) => readSettings(env, settings);
