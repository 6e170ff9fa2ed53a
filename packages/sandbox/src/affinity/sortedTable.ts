/**
 * Rows by id, and pages by "what comes after this id": a page stays right whatever is added or deleted between two
 * requests, because it never counts positions.
 */
export interface SortedTable<Row extends { readonly id: number }> {
  get(id: number): Row | undefined;
  /** Adds a row, or replaces the one with its id. */
  put(row: Row): void;
  delete(id: number): boolean;
  /** Up to `limit` rows with ids above `afterId`, in the order of their ids, and whether there are more. */
  after(afterId: number, limit: number, passes?: (row: Row) => boolean): { rows: Row[]; hasMore: boolean };
  /** A table of those of these rows that there are. */
  only(ids: Iterable<number>): SortedTable<Row>;
  values(): Iterable<Row>;
  readonly size: number;
}

export function createSortedTable<Row extends { readonly id: number }>(): SortedTable<Row> {
  const rows = new Map<number, Row>();
  let ids: number[] = [];
  let isSorted = true;

  const sorted = (): number[] => {
    if (!isSorted) {
      ids = [...rows.keys()].sort((a, b) => a - b);
      isSorted = true;
    }
    return ids;
  };

  return {
    get: id => rows.get(id),
    put(row) {
      const isNew = !rows.has(row.id);
      rows.set(row.id, row);
      if (!isNew || !isSorted) return;
      const last = ids[ids.length - 1];
      // The usual case, rows that come in the order of their ids, costs one push.
      if (last === undefined || last < row.id) ids.push(row.id);
      else isSorted = false;
    },
    delete(id) {
      const existed = rows.delete(id);
      // The id stays as a hole that readers pass over, until there are more holes than rows.
      if (existed && ids.length > 2 * rows.size + 64) isSorted = false;
      return existed;
    },
    after(afterId, limit, passes) {
      const order = sorted();
      const found: Row[] = [];
      for (let i = firstAbove(order, afterId); i < order.length; i++) {
        const row = rows.get(order[i] as number);
        if (row === undefined || passes?.(row) === false) continue;
        if (found.length === limit) return { rows: found, hasMore: true };
        found.push(row);
      }
      return { rows: found, hasMore: false };
    },
    only(wanted) {
      const chosen = createSortedTable<Row>();
      for (const id of wanted) {
        const row = rows.get(id);
        if (row !== undefined) chosen.put(row);
      }
      return chosen;
    },
    *values() {
      for (const id of sorted()) {
        const row = rows.get(id);
        if (row !== undefined) yield row;
      }
    },
    get size() {
      return rows.size;
    },
  };
}

function firstAbove(order: readonly number[], id: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] as number) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
