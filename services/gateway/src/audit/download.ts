import { type AuditFilter, type AuditHead, readAuditPages } from '@freight/audit';
import type { AuditEntry } from '@freight/contracts';
import { canonicalJson } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { csvHead, csvLine } from './csv.ts';

interface Format {
  readonly type: string;
  readonly extension: string;
  readonly head: string;
  readonly line: (entry: AuditEntry) => string;
}

/** How a log can be taken away. A line of NDJSON is the entry as it was digested, with its hash. */
const formats: readonly Format[] = [
  { type: 'application/x-ndjson', extension: 'ndjson', head: '', line: entry => `${canonicalJson(entry)}\n` },
  { type: 'text/csv', extension: 'csv', head: csvHead, line: csvLine },
];
export const downloadTypes = formats.map(({ type }) => type);

/** @returns undefined when the client wants a page of JSON. */
export const downloadFormat = (accept: string | undefined): Format | undefined =>
  formats.find(({ type }) => accept?.toLowerCase().includes(type));

export interface DownloadOptions {
  readonly db: Database;
  readonly head: AuditHead;
  readonly filter: AuditFilter;
  readonly format: Format;
  /** Aborted when the reader may no longer read. */
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
}

/**
 * A log from its first entry to the one that is its end now, as bytes. The next entries are read when the client has taken the last ones.
 * Nothing is read before it is asked for the first time.
 */
export const downloadAudit = (options: DownloadOptions): ReadableStream<Uint8Array> => {
  const { db, head, filter, format, signal, onEnd } = options;
  const encoder = new TextEncoder();
  const pages = readAuditPages(db, head.tenantId, filter, head.seq);
  let begun = false;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    if (!begun && format.head !== '') controller.enqueue(encoder.encode(format.head));
    begun = true;
    // Cut off, so that nobody takes it for the whole.
    signal.throwIfAborted();
    const page = await pages.next();
    if (!page.done) return controller.enqueue(encoder.encode(page.value.map(format.line).join('')));
    controller.close();
    onEnd();
  };
  return new ReadableStream(
    {
      pull: controller =>
        pull(controller).catch((error: unknown) => {
          onEnd();
          throw error;
        }),
      cancel: onEnd,
    },
    { highWaterMark: 0 },
  );
};
