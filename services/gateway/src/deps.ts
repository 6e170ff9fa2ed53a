import type { Bus } from '@freight/bus';
import type { Environment } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import type { Logger } from '@freight/runtime';
import type { Vault } from '@freight/vault';
import type { Hasher } from './auth/hasher.ts';
import type { Revocations } from './auth/revocations.ts';

/** What the operations of the API are built from. */
export interface Deps {
  readonly db: Database;
  readonly bus: Bus;
  readonly vault: Vault;
  readonly hasher: Hasher;
  readonly revocations: Pick<Revocations, 'watch'>;
  readonly logger: Logger;
  readonly environment: Environment;
  readonly allowedHosts: readonly string[];
  /** Where subscribers find NATS. */
  readonly natsPublicUrls: readonly string[];
  readonly commandReplyTimeoutMs: number;
  readonly now: () => Date;
  /** Aborted when the gateway stops: open event streams end then. */
  readonly stopping: AbortSignal;
}
