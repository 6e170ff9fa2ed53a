import type { Bus } from '@freight/bus';
import { type CommandService, commandEnvelope } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { sealContexts, type Vault } from '@freight/vault';

export interface SweeperOptions {
  readonly db: Database;
  readonly bus: Bus;
  readonly vault: Vault;
  /** A pending command that was published longer ago is published again. Milliseconds. */
  readonly olderThanMs: number;
  readonly onError: (error: unknown, commandId: string | undefined) => void;
  readonly onPublished: (commandId: string) => void;
}

export interface Sweeper {
  stop(): Promise<void>;
}

interface Due {
  readonly tenant_id: string;
  readonly id: string;
  readonly published_at: string;
}

const batchSize = 100;

/**
 * Publishes pending commands again, so that a broker that lost its store, or was away, loses none of them. The broker's own window drops
 * repeats of what it still holds; a repeat beyond it finds the stored reply. Every gateway sweeps: the row's time lets one of them win.
 */
export const startSweeper = (options: SweeperOptions): Sweeper => {
  const { db, bus, vault } = options;
  const stopping = new AbortController();

  // The time travels as text: a Date would lose its microseconds and never be equal again.
  const findDue = (): Promise<readonly Due[]> =>
    db.withRole(
      'freight_sweeper',
      sql => sql<Due[]>`
        select tenant_id, id, published_at::text as published_at from commands
        where state = 'pending' and published_at < now() - make_interval(secs => ${options.olderThanMs / 1000})
        order by published_at limit ${batchSize}`,
    );

  const take = ({ tenant_id, id, published_at }: Due) =>
    db.withTenant(tenant_id, async sql => {
      const [row] = await sql<{ service: CommandService; sealed: Buffer }[]>`
        update commands set published_at = now()
        where tenant_id = freight_tenant() and id = ${id} and state = 'pending'
          and published_at = ${published_at}::text::timestamptz
        returning service, sealed`;
      return row;
    });

  const republish = async (due: Due): Promise<void> => {
    const row = await take(due);
    if (!row) return;
    const opened = (await vault.of(due.tenant_id)).open(row.sealed, sealContexts.command(due.tenant_id, due.id));
    await bus.publishCommand(commandEnvelope.parse(JSON.parse(opened)), row.service);
    options.onPublished(due.id);
  };

  const round = async (): Promise<void> => {
    // Without the broker there is nothing to win; the rows keep their times.
    if (!bus.isConnected()) return;
    for (const due of await findDue()) {
      if (stopping.signal.aborted) return;
      try {
        await republish(due);
      } catch (error) {
        options.onError(error, due.id);
        // The stream may be gone with the broker's store; the next round finds it.
        await bus.ensureTopology().catch(() => {});
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await sleep(options.olderThanMs, stopping.signal);
      if (stopping.signal.aborted) return;
      await round().catch((error: unknown) => options.onError(error, undefined));
    }
  };

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
