/** What two titles share that people take for the same option: they differ in case and blanks only. */
const foldOf = (title: string): string => title.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase();

/**
 * Titles of options in which each option stands once: of those that differ in case and blanks only, the first. What is added as it is (`present`) stays,
 * also where it has such doubles.
 */
export interface Titles {
  /** The title that stands for this one; the title itself where none does. */
  resolve(title: string): string;
  /** @returns whether the title is a new one. */
  add(title: string): boolean;
}

/** @param present the titles that the target has already. */
export const createTitles = (present: Iterable<string>): Titles => {
  const exact = new Set(present);
  const byFold = new Map<string, string>();
  for (const title of exact) if (!byFold.has(foldOf(title))) byFold.set(foldOf(title), title);
  return {
    resolve: title => (exact.has(title) ? title : (byFold.get(foldOf(title)) ?? title)),
    add: title => {
      const fold = foldOf(title);
      if (byFold.has(fold)) return false;
      byFold.set(fold, title);
      exact.add(title);
      return true;
    },
  };
};
