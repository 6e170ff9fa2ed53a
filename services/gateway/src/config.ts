import { commonSettings, parseConfig, setting } from '@freight/runtime';
import { redisSettings } from '@freight/service';
import { isAddressBlock } from './address/blocks.ts';
import { forwardedHeaders } from './address/clientAddress.ts';

const settings = {
  ...commonSettings,
  ...redisSettings,
  /** The folder of the deployment's and the tenants' keys, shared by all services. */
  FREIGHT_KEYS_DIR: setting.text(),
  /** Port of the API; 0 takes a free one. */
  FREIGHT_HTTP_PORT: setting.whole(8080, 0, 65535),
  FREIGHT_HTTP_HOST: setting.text('0.0.0.0'),
  /** Proxies whose word on the client's address counts: addresses or blocks, separated by commas. */
  FREIGHT_TRUSTED_PROXIES: setting
    .list('')
    .refine(list => list.every(isAddressBlock), 'must be a list of addresses or blocks such as 10.0.0.0/8'),
  /** The header that these proxies set. */
  FREIGHT_FORWARDED_HEADER: setting.oneOf(forwardedHeaders, 'x-forwarded-for'),
  /** Where connections may lead: `host` or `host:port`, separated by commas, compared exactly. */
  FREIGHT_ALLOWED_HOSTS: setting.list('api.affinity.co,api.attio.com'),
  /** Where subscribers find NATS, separated by commas; empty: where this service finds it. */
  FREIGHT_NATS_PUBLIC_URL: setting.list(''),
  /** How long a request waits for its command's reply before it is answered with 202. */
  FREIGHT_COMMAND_REPLY_TIMEOUT_MS: setting.whole(5000, 1, 60_000),
  /** A pending command that was published longer ago than this is published again. */
  FREIGHT_COMMAND_SWEEP_MS: setting.whole(5000, 50, 600_000),
  FREIGHT_BCRYPT_COST: setting.whole(12, 4, 15),
  /** Hashes computed at once: each keeps a core busy for a quarter of a second at cost 12. */
  FREIGHT_BCRYPT_CONCURRENCY: setting.whole(2, 1, 64),
  /** How long a verified key is remembered. */
  FREIGHT_KEY_CACHE_MS: setting.whole(60_000, 0, 600_000),
  /** Without a sign of the tenant service for so long, Postgres is asked at every use of a key. */
  FREIGHT_REVOCATION_SILENCE_MS: setting.whole(700, 50, 10_000),
  /** How long equal refusals of one key are counted together before they are written into the audit log. */
  FREIGHT_AUDIT_REFUSALS_MS: setting.whole(1000, 10, 600_000),
  /** The same for whoever shows no key that is known. */
  FREIGHT_AUDIT_STRANGERS_MS: setting.whole(60_000, 10, 3_600_000),
  FREIGHT_BODY_MAX_BYTES: setting.whole(1024 * 1024, 1024, 16 * 1024 * 1024),
  /** How long a request may take to arrive, from its first byte to the last of its body. */
  FREIGHT_REQUEST_ARRIVAL_MS: setting.whole(30_000, 100, 600_000),
  /** A client that takes nothing of its answer for so long is cut off. */
  FREIGHT_CLIENT_STALL_MS: setting.whole(30_000, 100, 600_000),
  FREIGHT_HTTP_CONNECTIONS_MAX: setting.whole(4096, 1, 65_535),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError with every problem at once. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>) => parseConfig(env, settings);
