import { type ObjectName, objects } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import type { OpportunityRecord, OrganizationRecord, PersonRecord, RecordOf } from '../records/model.ts';
import type { Source } from './connector.ts';

/** An account of a source that holds a known set. */
export interface SourceBench {
  readonly source: Source;
  readonly account: string;
  readonly organizations: readonly OrganizationRecord[];
  readonly persons: readonly PersonRecord[];
  readonly opportunities: readonly OpportunityRecord[];
  /** The next reads fail as a vendor fails now and then, so often. */
  failReads(times: number): Promise<void>;
}

const signal = new AbortController().signal;
const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id, 'en', { numeric: true });

/** Every page of an object, and where each one started. */
export const readPages = async <O extends ObjectName>(source: Source, object: O) => {
  const records: RecordOf[O][] = [];
  const cursors: (string | null)[] = [];
  let cursor: string | null = null;
  do {
    cursors.push(cursor);
    const page: Awaited<ReturnType<typeof source.readPage<O>>> = await source.readPage(object, cursor, signal);
    records.push(...page.records);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { records, cursors };
};

/** What every source must hold to. `open` gives an account with more than one page of each object. */
export const testSource = (name: string, open: () => Promise<SourceBench>): void => {
  describe(`${name} as a source`, () => {
    it('says which account it is and finds nothing wrong with it', async () => {
      const { source, account } = await open();
      expect(await source.check(signal)).toEqual({ ok: true, account, problems: [] });
    });

    it.each(objects)('gives every one of the %s once, over several pages', async object => {
      const bench = await open();
      const { records, cursors } = await readPages(bench.source, object);
      expect(cursors.length).toBeGreaterThan(1);
      expect(records.toSorted(byId)).toEqual(bench[object].toSorted(byId));
    });

    it.each(objects)('goes on with the %s from a cursor, and gives the same page for it again', async object => {
      const { source, ...bench } = await open();
      const first = await source.readPage(object, null, signal);
      const second = await source.readPage(object, first.nextCursor, signal);
      expect(await source.readPage(object, first.nextCursor, signal)).toEqual(second);
      expect(second.records.some(record => first.records.some(other => other.id === record.id))).toBe(false);
      expect(bench[object].length).toBeGreaterThan(first.records.length);
    });

    it.each(objects)('says of the %s that a cursor is no longer taken', async object => {
      const { source } = await open();
      await expect(source.readPage(object, 'no-cursor-of-yours', signal)).rejects.toMatchObject({
        kind: 'cursor_expired',
      });
    });

    it('reads on though the vendor fails now and then', async () => {
      const bench = await open();
      await bench.failReads(2);
      expect((await readPages(bench.source, 'organizations')).records).toHaveLength(bench.organizations.length);
    });
  });
};
