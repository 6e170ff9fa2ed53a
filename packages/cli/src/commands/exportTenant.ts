import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from '../commandLine.ts';
import { UserError } from '../errors.ts';
import { createExportCheck } from './exportCheck.ts';

/** What the gateway says instead of an export, in its own words. */
const problemIn = async (response: Response): Promise<string> => {
  const text = await response.text();
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    return [title, detail].filter(Boolean).join(': ') || text;
  } catch {
    return text;
  }
};

/** `freight tenants export`: the file is there when it is whole. @throws UserError when the gateway refuses, or the export is cut off. */
export const exportTenantCommand = async (
  { tenantId, out, url }: Extract<Command, { name: 'tenants export' }>,
  env: NodeJS.ProcessEnv,
): Promise<number> => {
  const key = env['FREIGHT_OPERATOR_KEY'];
  if (!key) throw new UserError('FREIGHT_OPERATOR_KEY is not set\nSee: ./freight help tenants export', 2);
  if (!URL.canParse(url)) throw new UserError(`--url is not an address: ${url}`, 2);
  const address = new URL(`/v1/tenants/${encodeURIComponent(tenantId)}/export`, url);
  const response = await fetch(address, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
  if (!response.ok || !response.body) throw new UserError(`${response.status} ${await problemIn(response)}`);
  const part = `${out}.part`;
  const check = createExportCheck();
  try {
    await pipeline(
      Readable.fromWeb(response.body),
      new Transform({
        transform: (chunk: Buffer, _, done) => {
          check.take(chunk);
          done(null, chunk);
        },
      }),
      // Records in clear: for this user only.
      createWriteStream(part, { mode: 0o600 }),
    );
    const problem = check.problem();
    if (problem) throw new UserError(problem);
    await rename(part, out);
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof UserError) throw error;
    throw new UserError(`The export was cut off: ${error instanceof Error ? error.message : String(error)}`);
  }
  for (const [kind, count] of Object.entries(check.counts)) process.stdout.write(`${kind.padEnd(16)}${count}\n`);
  process.stdout.write(`${out}\n`);
  return 0;
};
