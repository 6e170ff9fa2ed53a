import { createHash } from 'node:crypto';
import type { SystemName } from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import { type AccountBudget, type BucketRate, openAccountBudget, type RedisStore } from '@freight/lease';
import type { Database } from '@freight/postgres';
import { sealContexts, type Vault } from '@freight/vault';
import type { CallClass, CrmAccess, Source, Target } from './connectors/connector.ts';
import { openSource, openTarget } from './connectors/registry.ts';

/** The vendor's limits of one account, by call class; undefined: none. */
export type AccountRates = Readonly<Record<CallClass, BucketRate | undefined>>;

export interface ConnectionsOptions {
  readonly db: Database;
  readonly redis: RedisStore;
  readonly vault: Vault;
  /** `host` or `host:port` of every system that may be called. */
  readonly allowedHosts: readonly string[];
  readonly rates: Readonly<Record<SystemName, AccountRates>>;
  /** A longer wait for one call gives the batch back, milliseconds. */
  readonly waitMaxMs: number;
  readonly callTimeoutMs: number;
  readonly onCall: (system: SystemName, callClass: CallClass, status: number, seconds: number) => void;
}

/** Checked right before each call: throws when the caller has lost its right to send. */
export type Guard = () => void;

/** A connection's row with its credentials opened. Never logged, never kept longer than the batch that needs it. */
interface OpenedConnection {
  readonly tenantId: string;
  readonly system: SystemName;
  readonly baseUrl: string;
  readonly apiKey: string;
}

const readConnection = async (
  options: ConnectionsOptions,
  tenantId: string,
  connectionId: string,
): Promise<OpenedConnection> => {
  const row = await options.db.withTenant(tenantId, async sql => {
    const [found] = await sql<{ system: SystemName; base_url: string; sealed: Uint8Array }[]>`
      select c.system, c.base_url, s.sealed from connections c
      join connection_secrets s on s.tenant_id = c.tenant_id and s.connection_id = c.id
      where c.tenant_id = ${tenantId} and c.id = ${connectionId} and c.deleted_at is null`;
    return found;
  });
  if (!row) throw new FreightError('The connection was deleted', { code: 'connection_missing', retry: 'terminal' });
  const url = new URL(row.base_url);
  // Checked again where the call is made: the list may have been shortened since the connection was created.
  if (!options.allowedHosts.includes(url.host) && !options.allowedHosts.includes(url.hostname)) {
    throw new FreightError(`The host ${url.host} is not on the operator's list of allowed hosts`, {
      code: 'host_not_allowed',
      retry: 'terminal',
    });
  }
  const vault = await options.vault.of(tenantId);
  const credentials = JSON.parse(vault.open(row.sealed, sealContexts.credentials(tenantId, connectionId))) as {
    apiKey: string;
  };
  return { tenantId, system: row.system, baseUrl: row.base_url.replace(/\/+$/, ''), apiKey: credentials.apiKey };
};

/** Names an account in Redis without saying whose it is. */
const accountName = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 22);

const openAccess = (
  connection: OpenedConnection,
  budget: () => AccountBudget,
  guard: Guard,
  options: Pick<ConnectionsOptions, 'onCall' | 'callTimeoutMs'>,
): CrmAccess => ({
  baseUrl: connection.baseUrl,
  apiKey: connection.apiKey,
  callTimeoutMs: options.callTimeoutMs,
  acquire: async (callClass, signal) => {
    await budget().acquire(callClass, signal);
    guard();
  },
  pauseAccount: ms => budget().pause(ms),
  onCall: (callClass, status, seconds) => options.onCall(connection.system, callClass, status, seconds),
});

export interface OpenedTarget {
  readonly target: Target;
  /** The account that the limits apply to. */
  readonly account: string;
  /** Whether writes to it are limited at all. */
  readonly isLimited: boolean;
}

/** A system that can say what it holds: one to read from, or one to write to. */
export type DescribableSystem =
  | { readonly source: Pick<Source, 'readSchema'> }
  | { readonly target: Pick<Target, 'readSchema'> };

/** Opens connectors for a tenant's connections. */
export interface Connections {
  source(tenantId: string, connectionId: string, guard: Guard): Promise<Source>;
  target(tenantId: string, connectionId: string, guard: Guard, signal: AbortSignal): Promise<OpenedTarget>;
  /** The connector of whatever system the connection leads to, for a check. */
  checkable(tenantId: string, connectionId: string): Promise<Pick<Source | Target, 'check'>>;
  /** The connector of whatever system the connection leads to, for reading what it holds. */
  describable(tenantId: string, connectionId: string): Promise<DescribableSystem>;
}

export const createConnections = (options: ConnectionsOptions): Connections => {
  /** Which account a connection leads to, by a digest of its address and key: asked once a process. */
  const accounts = new Map<string, string>();
  const accountsMax = 10_000;
  /** One budget object an account, so that a pause is known to all batches of this process at once. */
  const budgets = new Map<string, AccountBudget>();

  const budgetOf = (connection: OpenedConnection, account: string): AccountBudget => {
    const name = `${connection.tenantId} ${account}`;
    let budget = budgets.get(name);
    if (!budget) {
      if (budgets.size >= accountsMax) budgets.clear();
      budget = openAccountBudget({
        redis: options.redis,
        db: options.db,
        tenantId: connection.tenantId,
        account,
        rates: options.rates[connection.system],
        waitMaxMs: options.waitMaxMs,
      });
      budgets.set(name, budget);
    }
    return budget;
  };
  // The limit of a key, where the system limits keys, or until the account behind it is known.
  const keyAccount = (connection: OpenedConnection) =>
    accountName(connection.system, connection.baseUrl, connection.apiKey);
  const noGuard: Guard = () => {};

  const openSourceOf = (connection: OpenedConnection, guard: Guard): Source => {
    const budget = budgetOf(connection, keyAccount(connection));
    return openSource(
      connection.system,
      openAccess(connection, () => budget, guard, options),
    );
  };

  /** Whatever the connection leads to, outside of any batch. */
  const openSystem = async (
    tenantId: string,
    connectionId: string,
  ): Promise<{ readonly source: Source } | { readonly target: Target }> => {
    const connection = await readConnection(options, tenantId, connectionId);
    if (connection.system === 'affinity') return { source: openSourceOf(connection, noGuard) };
    const budget = budgetOf(connection, keyAccount(connection));
    const access = openAccess(connection, () => budget, noGuard, options);
    return { target: openTarget(connection.system, access) };
  };

  return {
    source: async (tenantId, connectionId, guard) =>
      openSourceOf(await readConnection(options, tenantId, connectionId), guard),
    target: async (tenantId, connectionId, guard, signal) => {
      const connection = await readConnection(options, tenantId, connectionId);
      const keyName = keyAccount(connection);
      let account = accounts.get(keyName) ?? keyName;
      const target = openTarget(
        connection.system,
        openAccess(connection, () => budgetOf(connection, account), guard, options),
      );
      if (!accounts.has(keyName)) {
        account = accountName(connection.system, connection.baseUrl, await target.readAccount(signal));
        if (accounts.size >= accountsMax) accounts.clear();
        accounts.set(keyName, account);
      }
      return { target, account, isLimited: options.rates[connection.system].write !== undefined };
    },
    checkable: async (tenantId, connectionId) => {
      const system = await openSystem(tenantId, connectionId);
      return 'source' in system ? system.source : system.target;
    },
    describable: openSystem,
  };
};
