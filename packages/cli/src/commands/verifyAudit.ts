import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Anchor, type ChainReport, readAuditPages, verifyChain } from '@freight/audit';
import { platformTenantId, uuid } from '@freight/contracts';
import { type Database, openDatabase } from '@freight/postgres';
import { z } from 'zod';
import type { Command } from '../commandLine.ts';
import { UserError } from '../errors.ts';
import { databaseTls } from '../platform/index.ts';
import { databaseUrlFrom } from './migrate.ts';

/** In a download, and in the log lines of the services: whatever else is in a line is let be. */
const anchorLine = z.object({
  tenantId: uuid,
  seq: z.number().int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The lines of a file as JSON, one at a time; a line that is none as its text. `-` is standard input. */
async function* readLines(path: string): AsyncGenerator<unknown> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  if (path !== '-') {
    await once(input, 'open').catch((error: NodeJS.ErrnoException) => {
      throw new UserError(`${path} cannot be read: ${error.code ?? error.message}`);
    });
  }
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === '') continue;
    try {
      yield JSON.parse(line) as unknown;
    } catch {
      yield line;
    }
  }
}

/** @throws UserError when a file holds none: whoever names one relies on it. */
const readAnchors = async (given: readonly string[]): Promise<readonly Anchor[]> => {
  const anchors: Anchor[] = [];
  for (const one of given) {
    const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(one) ?? [];
    if (seq !== undefined && hash !== undefined) {
      anchors.push({ seq: Number(seq), hash });
      continue;
    }
    const before = anchors.length;
    for await (const line of readLines(one)) {
      const anchor = anchorLine.safeParse(line).data;
      if (anchor) anchors.push(anchor);
    }
    if (anchors.length === before)
      throw new UserError(`${one} holds no anchors: lines of JSON with tenantId, seq and hash`);
  }
  return anchors;
};

async function* entriesOf(db: Database, tenantId: string): AsyncGenerator<unknown> {
  for await (const page of readAuditPages(db, tenantId, {})) yield* page;
}

const listTenants = (db: Database): Promise<readonly string[]> =>
  db.withRole('freight_operator', async sql => {
    const rows = await sql<{ id: string }[]>`select id from tenants order by created_at, id`;
    return rows.map(({ id }) => id);
  });

/** The operators' log first, then each tenant's; also those of tenants that only an anchor knows. */
async function* verifyDatabase(
  db: Database,
  tenantId: string | undefined,
  anchors: readonly Anchor[],
): AsyncGenerator<ChainReport> {
  const known = anchors.flatMap(anchor => anchor.tenantId ?? []);
  const all = tenantId === undefined ? [platformTenantId, ...(await listTenants(db)), ...known] : [tenantId];
  for (const id of new Set(all)) yield await verifyChain(entriesOf(db, id), { tenantId: id, anchors });
}

async function* verifyFile(file: string, tenantId: string | undefined, anchors: readonly Anchor[]) {
  const entries = readLines(file);
  yield await verifyChain(entries, { anchors, ...(tenantId === undefined ? {} : { tenantId }) });
}

const describe = ({ tenantId, entries, head, broken }: ChainReport): string => {
  const name = `tenant ${tenantId ?? '(none)'}`;
  if (!broken) return `${name}: whole, ${entries} entries, ends at ${head.seq}:${head.hash}`;
  return `${name}: broken at ${broken.seq}: ${broken.kind}: ${broken.detail}`;
};

/**
 * `freight audit verify`: goes through audit logs and names the first broken link of each.
 * @returns 1 when one is broken.
 */
export const verifyAuditCommand = async (
  command: Extract<Command, { name: 'audit verify' }>,
  env: NodeJS.ProcessEnv,
): Promise<number> => {
  const { file, tenantId } = command;
  const anchors = await readAnchors(command.anchors);
  const db =
    file === undefined
      ? openDatabase({
          url: databaseUrlFrom(env, 'FREIGHT_DATABASE_URL_GATEWAY'),
          tls: databaseTls(env, 'FREIGHT_DATABASE_URL_GATEWAY'),
          applicationName: 'freight-cli audit verify',
          connectionsMax: 1,
          connectionWaitMs: 30_000,
        })
      : undefined;
  let logs = 0;
  let brokenLogs = 0;
  try {
    const reports = db ? verifyDatabase(db, tenantId, anchors) : verifyFile(file ?? '-', tenantId, anchors);
    for await (const report of reports) {
      logs++;
      if (report.broken) brokenLogs++;
      process.stdout.write(`${describe(report)}\n`);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(error.message);
    throw error;
  } finally {
    await db?.close();
  }
  process.stdout.write(`${logs} ${logs === 1 ? 'log' : 'logs'}, ${brokenLogs} broken\n`);
  return brokenLogs > 0 ? 1 : 0;
};
