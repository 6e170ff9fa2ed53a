import { FreightError } from '@freight/kernel';
import type postgres from 'postgres';
import { isConnectionLost } from './errors.ts';
import { type OnQuery, timed, watchEnd } from './timing.ts';

/** A transaction as it is handed to work, and what is known of its end. */
export interface Life {
  /** Wraps the driver's handle: see `Life.end`. */
  handle(raw: postgres.TransactionSql): postgres.TransactionSql;
  /** Runs what the driver would follow with a statement of its own; never settles once the connection is gone, so that none follows. */
  keep<T>(work: () => Promise<T>): Promise<T>;
  /** From now on the handle refuses: a statement sent later would run in whatever transaction the pooled connection serves by then. */
  end(): void;
  /** The connection is no longer ours, or no longer there. */
  leave(error?: unknown): void;
  /** Rejects when a statement tells that the connection is lost. */
  readonly lost: Promise<never>;
}

const over = () =>
  new FreightError('A statement was sent after its transaction had ended', {
    code: 'transaction_over',
    retry: 'terminal',
  });

/**
 * States of a transaction: open → ended (its work is done) → left (committed, rolled back or lost).
 *
 * The driver (postgres 3.4) has two faults that this is for. Its handle outlives the transaction: used later, it sends to a connection that
 * serves another tenant by then. And a statement for a connection that has closed, its own `rollback` and `commit` among them, ends the
 * process with an uncaught error.
 */
export const createLife = (onQuery: OnQuery | undefined): Life => {
  let refusal: (() => Error) | undefined;
  let gone = false;
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // Whoever runs the transaction looks at it; when that has ended before, nobody needs to.
  lost.catch(() => {});

  const leave = (error?: unknown) => {
    gone = true;
    if (!isConnectionLost(error)) {
      refusal ??= over;
      return;
    }
    refusal = () =>
      new FreightError('The connection to the database was lost', {
        code: 'connection_lost',
        retry: 'retryable',
        cause: error,
      });
    reject(error);
  };

  const keep = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work();
      if (!gone) return result;
    } catch (error) {
      if (isConnectionLost(error)) leave(error);
      if (!gone) throw error;
    }
    return new Promise<never>(() => {});
  };

  /** A lost connection is known before whoever awaits the statement can send another. */
  const watch = <T>(made: T): T => {
    watchEnd(made, error => {
      if (isConnectionLost(error)) leave(error);
    });
    return made;
  };

  const handle = (raw: postgres.TransactionSql): postgres.TransactionSql => {
    const target = onQuery ? timed(raw, onQuery) : raw;
    const refuse = () => {
      if (refusal) throw refusal();
    };
    return new Proxy(target, {
      apply: (_, self, args: unknown[]) => {
        refuse();
        return watch(Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args));
      },
      get: (_, name) => {
        if (name === 'unsafe') {
          return (...args: Parameters<typeof target.unsafe>) => {
            refuse();
            return watch(target.unsafe(...args));
          };
        }
        if (name === 'savepoint') {
          return <T>(work: (sql: postgres.TransactionSql) => Promise<T>) => {
            refuse();
            return target.savepoint(inner => keep(() => work(handle(inner))));
          };
        }
        return Reflect.get(target, name) as unknown;
      },
    });
  };

  return {
    handle,
    keep,
    leave,
    lost,
    end: () => {
      refusal ??= over;
    },
  };
};
