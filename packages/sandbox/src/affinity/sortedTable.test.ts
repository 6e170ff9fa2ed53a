import { describe, expect, it } from 'vitest';
import { createSortedTable } from './sortedTable.ts';

const idsAfter = (table: ReturnType<typeof createSortedTable>, id: number, limit = 1000): number[] =>
  table.after(id, limit).rows.map(row => row.id);

describe('a table that is read in pages', () => {
  it('shows every row once, in order, whatever was deleted and put back between two pages', () => {
    const table = createSortedTable();
    for (let id = 1; id <= 200; id++) table.put({ id });
    expect(table.after(0, 3)).toEqual({ rows: [{ id: 1 }, { id: 2 }, { id: 3 }], hasMore: true });
    for (const id of [3, 4, 200]) table.delete(id);
    expect(idsAfter(table, 2, 2)).toEqual([5, 6]);
    table.put({ id: 4 });
    table.put({ id: 200 });
    expect(idsAfter(table, 2, 2)).toEqual([4, 5]);
    expect(idsAfter(table, 198)).toEqual([199, 200]);
    expect(idsAfter(table, 0)).toHaveLength(199);
  });

  it('stays right when nearly everything has gone', () => {
    const table = createSortedTable();
    for (let id = 1; id <= 500; id++) table.put({ id });
    for (let id = 1; id <= 490; id++) table.delete(id);
    expect(table.size).toBe(10);
    expect(idsAfter(table, 0, 3)).toEqual([491, 492, 493]);
    expect(table.after(497, 3).hasMore).toBe(false);
    expect([...table.only([5, 495, 491]).values()].map(row => row.id)).toEqual([491, 495]);
  });
});
