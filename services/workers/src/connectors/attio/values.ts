import { distinct } from '../../records/normalise.ts';
import { entryOf, textOf } from '../vendor.ts';

/** The values of a record as Attio gives them: a list for each attribute, empty where nothing is set. Anything else counts as empty. */
export type HeldValues = unknown;

/** Values to be written, by attribute. */
export type WriteValues = Readonly<Record<string, unknown>>;

/** The values of an attribute, as Attio shows them. */
export const itemsOf = (held: HeldValues, slug: string): readonly unknown[] => {
  const items = entryOf(held, slug);
  return Array.isArray(items) ? items : [];
};

/** One property of each value of an attribute. */
export const propertiesOf = (held: HeldValues, slug: string, property: string): string[] =>
  itemsOf(held, slug).flatMap(item => textOf(entryOf(item, property)) ?? []);

/** A text attribute; empty text where nothing is set. */
export const heldText = (held: HeldValues, slug: string): string => propertiesOf(held, slug, 'value')[0] ?? '';

/** Lists that stand in one text: names, addresses. */
const separator = '; ';
export const joinList = (items: Iterable<string>): string => distinct(items).join(separator);
export const splitList = (text: string): string[] =>
  text
    .split(';')
    .map(item => item.trim())
    .filter(item => item !== '');

/** Merged ids stand between commas, also before the first and after the last, so that a query for `,12,` never finds 112. */
export const joinIds = (ids: Iterable<string>): string => {
  const list = distinct(ids);
  return list.length === 0 ? '' : `,${list.join(',')},`;
};
/** Reads what people may have tidied up since, too. */
export const splitIds = (text: string): string[] => distinct(text.split(/[,;\s]+/u).filter(id => id !== ''));

/** What a query for a merged id looks for. */
export const idPattern = (id: string): string => `,${id},`;
