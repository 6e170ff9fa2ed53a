import { lane as laneSchema } from '@freight/contracts';
import { ConfigError, commonSettings, setting } from '@freight/runtime';
import { readSettings, redisSettings, tlsSettings } from '@freight/service';
import { z } from 'zod';

/** `lane:weight` pairs: which queues this worker serves, and how often each comes first when several wait. */
const lanes = z
  .string()
  .prefault('high:4,default:2,low:1')
  .transform((text, context) => {
    const entries = text.split(',').map(one => {
      const [name, weight] = one.trim().split(':');
      return { lane: laneSchema.safeParse(name), weight: Number(weight ?? '1') };
    });
    const good = entries.flatMap(({ lane, weight }) =>
      lane.success && Number.isInteger(weight) && weight >= 1 && weight <= 100 ? [{ lane: lane.data, weight }] : [],
    );
    if (good.length !== entries.length || good.length === 0) {
      context.addIssue({
        code: 'custom',
        message: 'must be a list like high:4,default:2,low:1 of lanes with weights from 1 to 100',
      });
      return z.NEVER;
    }
    return good;
  });

/** The settings of the worker service. */
const settings = {
  ...commonSettings,
  ...tlsSettings,
  ...redisSettings,
  FREIGHT_KEYS_DIR: setting.text(),
  FREIGHT_ALLOWED_HOSTS: setting.list('api.affinity.co,api.attio.com'),
  FREIGHT_LANES: lanes,
  /** Batches that this process works at once. */
  FREIGHT_PREFETCH: setting.whole(4, 1, 64),
  /** After so many batches the process ends and the platform starts a fresh one; 0: never. */
  FREIGHT_BATCHES_MAX: setting.whole(1000, 0, 1_000_000),
  /** How long a claim lasts without a sign of life. */
  FREIGHT_LEASE_MS: setting.whole(10_000, 1000, 600_000),
  /** How long before its claim ends a worker sends nothing more: what is under way then must have taken effect by the end. */
  FREIGHT_LEASE_MARGIN_MS: setting.whole(3000, 100, 300_000),
  FREIGHT_WRITES_IN_FLIGHT_PER_BATCH: setting.whole(8, 1, 64),
  /** How long an extraction reads before it reports. */
  FREIGHT_EXTRACT_MS: setting.whole(2000, 10, 60_000),
  /** How long one call of a vendor may take. */
  FREIGHT_CALL_TIMEOUT_MS: setting.whole(15_000, 100, 300_000),
  /** The vendors' limits; 0: none (the sandbox without limits). Source: the vendors' documentation. */
  FREIGHT_ATTIO_WRITES_PER_SECOND: setting.whole(25, 0, 100_000),
  FREIGHT_ATTIO_READS_PER_SECOND: setting.whole(100, 0, 100_000),
  FREIGHT_AFFINITY_CALLS_PER_MINUTE: setting.whole(900, 0, 1_000_000),
  FREIGHT_COMMAND_CONCURRENCY: setting.whole(4, 1, 64),
} as const;

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError naming every variable that is missing or wrong. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>) => {
  const config = readSettings(env, settings);
  if (config.FREIGHT_LEASE_MARGIN_MS * 2 > config.FREIGHT_LEASE_MS) {
    throw new ConfigError(['FREIGHT_LEASE_MARGIN_MS must be at most half of FREIGHT_LEASE_MS']);
  }
  return config;
};
