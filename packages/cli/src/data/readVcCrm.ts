import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { UserError } from '../errors.ts';
import { checkReferences, type Located, mend } from './references.ts';
import {
  type CrmData,
  listEntryRow,
  listRow,
  noteRow,
  opportunityRow,
  organizationRow,
  personRow,
  userRow,
} from './rows.ts';

interface Line {
  readonly line: string;
  /** From 1. */
  readonly number: number;
}

/** Lines of a UTF-8 file. Split at `\n` only: text may hold U+2028 and others that readers take for line ends. */
async function* linesOf(path: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  const take = (bytes?: Uint8Array): Line[] => {
    try {
      rest += bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new UserError(
        `${path}, near line ${number + 1}: the bytes are not UTF-8. Save the file as UTF-8 and try again.`,
      );
    }
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    return lines.map(line => ({ line, number: ++number }));
  };
  for await (const chunk of createReadStream(path)) yield* take(chunk as Uint8Array);
  yield* take();
  if (rest !== '') yield { line: rest, number: number + 1 };
}

const parseRow = <S extends z.ZodType>(schema: S, line: string, where: string): z.output<S> => {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new UserError(`${where}: not valid JSON (${(error as Error).message}). ${mend}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(`${where}: ${issue?.path.join('.') || 'the row'}: ${issue?.message ?? 'is not valid'}. ${mend}`);
};

const readRows = async <S extends z.ZodType<{ id: string }>>(
  folder: string,
  name: string,
  schema: S,
  isNeeded = true,
): Promise<Located<z.output<S>>[]> => {
  const path = join(folder, name);
  const rows: Located<z.output<S>>[] = [];
  const seen = new Map<string, number>();
  try {
    for await (const { line, number } of linesOf(path)) {
      if (line.trim() === '') continue;
      const where = `${path}, line ${number}`;
      const row = parseRow(schema, line, where);
      const before = seen.get(row.id);
      if (before !== undefined) throw new UserError(`${where}: line ${before} has the id "${row.id}" too. ${mend}`);
      seen.set(row.id, number);
      rows.push({ row, where });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      if (!isNeeded) return rows;
      throw new UserError(
        `${path} is missing. --data needs a folder with organizations.jsonl, persons.jsonl and users.jsonl.`,
      );
    }
    throw new UserError(`${path} cannot be read: ${message}`);
  }
  return rows;
};

/**
 * Reads a folder in the shape of vc-crm and checks every line and reference before anything else happens. Opportunities, lists, their
 * entries and notes may be missing; organizations, persons and users may not.
 * @throws UserError that names the file, the line and what to do.
 */
export const readVcCrm = async (folder: string): Promise<CrmData> => {
  const read = {
    users: await readRows(folder, 'users.jsonl', userRow),
    organizations: await readRows(folder, 'organizations.jsonl', organizationRow),
    persons: await readRows(folder, 'persons.jsonl', personRow),
    opportunities: await readRows(folder, 'opportunities.jsonl', opportunityRow, false),
    lists: await readRows(folder, 'lists.jsonl', listRow, false),
    listEntries: await readRows(folder, 'list_entries.jsonl', listEntryRow, false),
    notes: await readRows(folder, 'notes.jsonl', noteRow, false),
  };
  checkReferences(read);
  return {
    users: read.users.map(({ row }) => row),
    organizations: read.organizations.map(({ row }) => row),
    persons: read.persons.map(({ row }) => row),
    opportunities: read.opportunities.map(({ row }) => row),
    lists: read.lists.map(({ row }) => row),
    listEntries: read.listEntries.map(({ row }) => row),
    notes: read.notes.map(({ row }) => row),
  };
};
