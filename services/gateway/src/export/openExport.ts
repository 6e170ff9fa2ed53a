import type { Database } from '@freight/postgres';
import { exportLines } from '@freight/tenant-data';
import type { TenantVault } from '@freight/vault';

export interface OpenExportOptions {
  readonly db: Database;
  readonly tenantId: string;
  readonly vault: TenantVault;
  readonly now: Date;
  /** A client that takes nothing for so long is left: its export keeps dead rows from being removed. Milliseconds. */
  readonly stallMs: number;
  readonly signals: readonly AbortSignal[];
  readonly onError: (error: unknown) => void;
  readonly onEnd: () => void;
}

/**
 * Opens the export of a tenant as a stream of bytes, in one reading transaction. The next rows are read when the client has taken the last
 * ones. However it ends early, it ends without its last line.
 * @returns undefined when another export of the tenant is under way, on whatever gateway.
 */
export const openExport = async (options: OpenExportOptions): Promise<ReadableStream<Uint8Array> | undefined> => {
  const { db, tenantId } = options;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const left = Promise.withResolvers<never>();
  left.promise.catch(() => {});
  writer.closed.catch((error: unknown) => left.reject(error));
  const signal = AbortSignal.any([...options.signals]);
  const abort = () => left.reject(new Error('The export was ended'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const encoder = new TextEncoder();

  const write = async (piece: string): Promise<void> => {
    const stalled = setTimeout(() => left.reject(new Error('The client takes nothing')), options.stallMs);
    try {
      await Promise.race([writer.write(encoder.encode(piece)), left.promise]);
    } finally {
      clearTimeout(stalled);
    }
  };

  const begun = Promise.withResolvers<boolean>();
  const run = async (): Promise<void> => {
    await db.readSnapshotAs('freight_exporter', tenantId, async sql => {
      const [row] = await sql<{ locked: boolean }[]>`
        select pg_try_advisory_xact_lock(hashtextextended('freight export ' || freight_tenant(), 0)) as locked`;
      begun.resolve(row?.locked ?? false);
      if (!row?.locked) return;
      for await (const piece of exportLines(sql, options)) await write(piece);
    });
    await Promise.race([writer.close(), left.promise]);
  };
  const running = run();
  // An error before the first line is the request's; a later one cuts the stream.
  running.catch(begun.reject);
  void running
    .catch(async (error: unknown) => {
      if (!signal.aborted) options.onError(error);
      // Not the error itself: its words would end up with the client.
      await writer.abort(new Error('The export was cut off')).catch(() => {});
    })
    .finally(() => {
      signal.removeEventListener('abort', abort);
      options.onEnd();
    });
  return (await begun.promise) ? readable : undefined;
};
