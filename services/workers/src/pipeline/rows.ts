/** Columns times rows must stay below the 65,535 parameters of a statement; no table of ours is wider than 12. */
const rowsMax = 5000;

/** Rows in portions that one statement takes. */
export const portionsOf = <T>(rows: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(rows.length / rowsMax) }, (_, i) => rows.slice(i * rowsMax, (i + 1) * rowsMax));
