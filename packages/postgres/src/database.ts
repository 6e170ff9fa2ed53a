import postgres from 'postgres';
import { isConnectionLost } from './errors.ts';
import { createGate } from './gate.ts';
import { createLife } from './handle.ts';
import type { OnQuery } from './timing.ts';

declare const scoped: unique symbol;

/** A transaction inside one tenant's scope: row security shows and accepts this tenant's rows only. Only `withTenant` makes one. */
export type TenantSql = postgres.TransactionSql & { readonly [scoped]: 'tenant' };

/** A transaction in one of the cross-tenant reader roles; its grants are narrow, and it may enter a tenant's scope for writes by `withTenant` only. */
export type RoleSql = postgres.TransactionSql & { readonly [scoped]: 'role' };

/** The roles without log-in that a service may take on for one transaction. Source: migrations/0001. */
export type ReaderRole =
  | 'freight_relay'
  | 'freight_dispatcher'
  | 'freight_key_lookup'
  | 'freight_operator'
  | 'freight_sweeper'
  | 'freight_erasure_lookup'
  | 'freight_subscriptions';

/**
 * The roles without log-in that have rights beyond their service's, inside one tenant's scope only and for one transaction.
 * Source: migrations/0012 and 0014.
 */
export type ScopedRole =
  | 'freight_exporter'
  | 'freight_eraser'
  | 'freight_key_rehash'
  | 'freight_resealer'
  | 'freight_retention';

export interface DatabaseOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Connections of this process at most. */
  readonly connectionsMax: number;
  /** How long one may wait for a connection, milliseconds. */
  readonly connectionWaitMs: number;
  readonly onQuery?: OnQuery;
}

/** The one door to Postgres. Every statement runs in a transaction with a tenant's scope or in a named reader role. */
export interface Database {
  withTenant<T>(tenantId: string, work: (sql: TenantSql) => Promise<T>): Promise<T>;
  /** A transaction in one tenant's scope, in a role that may there do more than the service itself. */
  withTenantAs<T>(role: ScopedRole, tenantId: string, work: (sql: TenantSql) => Promise<T>): Promise<T>;
  /**
   * The same, reading only, and all of it as of one moment. It may last: a transaction that only reads has no id, so it holds no relay back;
   * what it does hold back is the removal of dead rows.
   */
  readSnapshotAs<T>(role: ScopedRole, tenantId: string, work: (sql: TenantSql) => Promise<T>): Promise<T>;
  withRole<T>(role: ReaderRole, work: (sql: RoleSql) => Promise<T>): Promise<T>;
  /** A transaction without a scope, for the few tables that hold no tenant's data (relay positions, rate pacing). */
  withoutTenant<T>(work: (sql: postgres.TransactionSql) => Promise<T>): Promise<T>;
  /** A session of its own that holds an advisory lock while it lives; undefined when somebody else holds it. */
  tryLead(name: string): Promise<Leadership | undefined>;
  /** Resolves when the server answers. */
  ping(): Promise<void>;
  readonly connections: { readonly held: number; readonly waiting: number };
  close(): Promise<void>;
}

/** Being the only one of a kind. Ends with the session, so a lost connection ends it too. */
export interface Leadership {
  /** False as soon as the session no longer answers: stop acting at once. */
  stillLeads(): Promise<boolean>;
  resign(): Promise<void>;
}

/** Numbers of 64 bits arrive as numbers; beyond 2^53 they would silently change, so that is refused. */
const safeBigint = {
  to: 20,
  from: [20],
  serialize: (value: number) => String(value),
  parse: (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError('A 64-bit number does not fit a JavaScript number');
    return value;
  },
};

export const openDatabase = (options: DatabaseOptions): Database => {
  const driver = postgres(options.url, {
    max: options.connectionsMax,
    connect_timeout: 10,
    idle_timeout: 60,
    // Seconds until a lost connection is made again; the driver's own grows to 20 while the server is away.
    backoff: () => 0.1 + Math.random() * 0.2,
    types: { bigint: safeBigint },
    connection: { application_name: options.applicationName },
    onnotice: () => {},
  });
  const gate = createGate(options.connectionsMax, options.connectionWaitMs);

  const transact = async <T>(
    prelude: (sql: postgres.TransactionSql) => Promise<unknown>,
    work: (sql: postgres.TransactionSql) => Promise<T>,
    mode: string,
    again: boolean,
  ): Promise<T> => {
    const life = createLife(options.onQuery);
    let begun = false;
    try {
      const transacted = driver.begin(mode, raw => {
        begun = true;
        // The types of arrays are asked for by the first connection and known to all. A later one that is lost while it asks would be a
        // rejection that nobody looks at, which ends the process.
        (driver.options as { fetch_types: boolean }).fetch_types = false;
        return life.keep(async () => {
          try {
            // The scope is sent without waiting for its answer: statements of one connection run in order, so nothing can
            // overtake it, and a failed scope aborts the transaction before any statement of the work takes effect.
            const [, result] = await Promise.all([prelude(raw), work(life.handle(raw))]);
            return result;
          } finally {
            life.end();
          }
        });
      });
      return (await Promise.race([transacted, life.lost])) as T;
    } catch (error) {
      life.leave(error);
      // The driver gives the first who uses a connection that was made anew the error that ended the one before: nothing has run yet.
      if (begun || again || !isConnectionLost(error)) throw error;
    } finally {
      life.leave();
    }
    return transact(prelude, work, mode, true);
  };

  const transaction = async <T>(
    prelude: (sql: postgres.TransactionSql) => Promise<unknown>,
    work: (sql: postgres.TransactionSql) => Promise<T>,
    mode = '',
  ): Promise<T> => {
    const leave = await gate.enter();
    try {
      return await transact(prelude, work, mode, false);
    } finally {
      leave();
    }
  };

  /** The scope before the role: without a scope the role would see nothing. */
  const scopeAs = (role: ScopedRole, tenantId: string) => (sql: postgres.TransactionSql) =>
    sql`select set_config('freight.tenant_id', ${tenantId}, true), set_config('role', ${role}, true)`.execute();

  return {
    withTenantAs: (role, tenantId, work) => transaction(scopeAs(role, tenantId), sql => work(sql as TenantSql)),
    readSnapshotAs: (role, tenantId, work) =>
      transaction(scopeAs(role, tenantId), sql => work(sql as TenantSql), 'isolation level repeatable read read only'),
    withTenant: (tenantId, work) =>
      transaction(
        sql => sql`select set_config('freight.tenant_id', ${tenantId}, true)`.execute(),
        sql => work(sql as TenantSql),
      ),
    withRole: (role, work) =>
      transaction(
        sql => sql`select set_config('role', ${role}, true)`.execute(),
        sql => work(sql as RoleSql),
      ),
    withoutTenant: work => transaction(() => Promise.resolve(), work),
    tryLead: async name => {
      // Statements for a session that has closed would end the process: none is sent any more.
      let lost = false;
      const single = postgres(options.url, {
        max: 1,
        connect_timeout: 10,
        idle_timeout: 0,
        max_lifetime: null,
        fetch_types: false,
        connection: { application_name: `${options.applicationName} ${name}` },
        onnotice: () => {},
        onclose: () => {
          lost = true;
        },
      });
      let session: postgres.ReservedSql | undefined;
      const resign = async () => {
        // Kept back, it would hold up the end.
        if (!lost) session?.release();
        lost = true;
        await single.end({ timeout: 1 });
      };
      try {
        // Connected first: the driver answers a reservation only for a connection that is open, unless it asks for types.
        await single`select 1`;
        if (lost) {
          await resign();
          return undefined;
        }
        session = await single.reserve();
        const held = session;
        const [row] = await held<{ locked: boolean }[]>`
          select pg_try_advisory_lock(hashtextextended(${`freight ${name}`}, 0)) as locked`;
        if (!row?.locked) {
          await resign();
          return undefined;
        }
        return {
          stillLeads: async () => {
            if (lost) return false;
            try {
              await held`select 1`;
              return !lost;
            } catch {
              return false;
            }
          },
          resign,
        };
      } catch (error) {
        await resign();
        throw error;
      }
    },
    ping: async () => {
      await driver`select 1`;
    },
    connections: gate,
    close: () => driver.end({ timeout: 5 }),
  };
};
