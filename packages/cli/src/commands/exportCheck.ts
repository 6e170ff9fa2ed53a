import { createHash } from 'node:crypto';

export interface ExportCheck {
  /** The next bytes. */
  take(chunk: Buffer): void;
  /** What is wrong, when all has been taken; undefined: the export is whole. */
  problem(): string | undefined;
  readonly counts: Readonly<Record<string, number>>;
}

const lineEnd = 10;

interface Trailer {
  readonly kind?: unknown;
  readonly counts?: Readonly<Record<string, number>>;
  readonly sha256?: unknown;
}

const parseTrailer = (line: Buffer): Trailer => {
  try {
    return JSON.parse(line.toString('utf8')) as Trailer;
  } catch {
    return {};
  }
};

/** Checks an export as it comes, against its own last line. Keeps a line in memory, not the export. Format: docs/reference/export-format.md. */
export const createExportCheck = (): ExportCheck => {
  const digest = createHash('sha256');
  const counts: Record<string, number> = {};
  /** The last line that is complete, and what has come of the one after it. */
  let last: Buffer = Buffer.alloc(0);
  let rest: Buffer[] = [];

  const endLine = (line: Buffer) => {
    if (last.length > 0) {
      digest.update(last);
      const kind = /^\{"kind":"([a-z-]+)"/.exec(last.subarray(0, 60).toString('latin1'))?.[1] ?? 'unknown';
      if (kind !== 'header') counts[kind] = (counts[kind] ?? 0) + 1;
    }
    last = line;
  };

  return {
    counts,
    take: chunk => {
      let from = 0;
      for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
        endLine(Buffer.concat([...rest, chunk.subarray(from, end + 1)]));
        rest = [];
        from = end + 1;
      }
      if (from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)));
    },
    problem: () => {
      const trailer = parseTrailer(last);
      if (rest.length > 0 || trailer.kind !== 'trailer') return 'The export was cut off: it has no trailer.';
      for (const [kind, count] of Object.entries(trailer.counts ?? {})) {
        if ((counts[kind] ?? 0) !== count) return `The export is not whole: ${counts[kind] ?? 0} of ${count} ${kind}`;
      }
      return trailer.sha256 === digest.digest('hex') ? undefined : 'The export was changed: its digest is another one.';
    },
  };
};
