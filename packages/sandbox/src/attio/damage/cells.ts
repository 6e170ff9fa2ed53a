import { pick } from '../../random.ts';
import type { AttioState } from '../model/state.ts';
import { commit, inOrder, valuesOf } from '../model/table.ts';
import type { Attribute, Option, Rec, Value } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { isRec } from '../values/valueType.ts';

const DAY_MS = 24 * 3_600_000;

/** Puts values into a cell as if they had been written in the first place: since when and by whom stays as it was. */
export function putSilently(rec: Rec, attribute: Attribute, next: readonly Value[]): void {
  const origins = rec.origins?.get(attribute.slot);
  commit(rec, attribute, next);
  const [first] = origins ?? [];
  if (origins !== undefined && first !== undefined) {
    rec.origins?.set(
      attribute.slot,
      next.map((_, i) => origins[i] ?? first),
    );
  }
}

/** The values as the API shows them, without the keys that all values have. */
export const shownValues = (state: AttioState, rec: Rec, attribute: Attribute): unknown[] =>
  valuesOf(rec, attribute).map(value => valueTypeOf(attribute.type).render(value, attribute, rec.table, state));

/** A text that is shorter, or `undefined` for one that is too short to be cut. */
export const truncated = (text: string): string | undefined =>
  text.length < 2 ? undefined : text.slice(0, Math.ceil(text.length / 2));

/** The first character that is not plain ASCII becomes a question mark, as a wrong encoding makes it. */
export function mangled(text: string): string | undefined {
  const next = text.replace(/[^\0-\x7f]/u, '?');
  return next === text ? undefined : next;
}

/** One line less, of at least two. */
export function withoutLine(text: string, random: () => number): string | undefined {
  const lines = text.split('\n');
  if (lines.length < 2) return undefined;
  lines.splice(Math.floor(random() * lines.length), 1);
  return lines.join('\n');
}

type Change = (
  values: readonly Value[],
  attribute: Attribute,
  at: { readonly state: AttioState; readonly rec: Rec; readonly random: () => number },
) => readonly Value[] | undefined;

/** Of the kinds that change the cell of one record: the values that take its place, or `undefined` where they cannot. */
export const cellChanges = {
  truncate_text: onText(truncated),
  mangle_text: onText(mangled),
  lose_line: onText(withoutLine),
  re_date(values, attribute) {
    const [value] = values;
    if (attribute.type === 'timestamp' && typeof value === 'number') return [value - DAY_MS];
    if (attribute.type !== 'date' || typeof value !== 'string') return undefined;
    return [new Date(Date.parse(value) - DAY_MS).toISOString().slice(0, 10)];
  },
  nudge_number(values, attribute) {
    const [value] = values;
    if (typeof value !== 'number') return undefined;
    if (attribute.type === 'rating') return [value < 5 ? value + 1 : value - 1];
    if (attribute.type !== 'number' && attribute.type !== 'currency') return undefined;
    // The smallest step that the target shows: a unit, or the fourth decimal.
    return [Number.isInteger(value) ? value + 1 : Math.round(value * 10_000 + 1) / 10_000];
  },
  unlink(values, attribute, { random }) {
    return isReference(attribute) ? withoutOne(values, random) : undefined;
  },
  relink(values, attribute, { state, random }) {
    const [from] = values;
    if (!isReference(attribute) || from === undefined) return undefined;
    const others: readonly Value[] = isRec(from) ? inOrder(from.table) : state.members;
    for (let tries = 0; tries < 20; tries++) {
      const to = pick(others, random);
      if (to !== undefined && !values.includes(to)) return [to, ...values.slice(1)];
    }
    return undefined;
  },
  drop_one_of_several(values, attribute, { random }) {
    return attribute.isMulti && values.length > 1 ? withoutOne(values, random) : undefined;
  },
  clear_value(values, attribute) {
    return values.length > 0 && !isReference(attribute) && !attribute.isRequired ? [] : undefined;
  },
  change_choice(values, attribute, { random }) {
    if (attribute.type !== 'select' && attribute.type !== 'status') return undefined;
    const others = attribute.options.filter(option => !option.isArchived && !values.includes(option));
    const other: Option | undefined = pick(others, random);
    return values.length === 0 || other === undefined ? undefined : [other, ...values.slice(1)];
  },
  flip_checkbox(values, attribute) {
    const [value] = values;
    return attribute.type === 'checkbox' && typeof value === 'boolean' ? [!value] : undefined;
  },
} satisfies Record<string, Change>;

export type CellChangeKind = keyof typeof cellChanges;
export const isCellChange = (kind: string): kind is CellChangeKind => Object.hasOwn(cellChanges, kind);

function onText(change: (text: string, random: () => number) => string | undefined): Change {
  return (values, attribute, { random }) => {
    const [value] = values;
    if (attribute.type !== 'text' || typeof value !== 'string') return undefined;
    const next = change(value, random);
    return next === undefined ? undefined : [next];
  };
}

const isReference = ({ type }: Attribute): boolean => type === 'record-reference' || type === 'actor-reference';

function withoutOne(values: readonly Value[], random: () => number): readonly Value[] | undefined {
  const gone = pick(values, random);
  return gone === undefined ? undefined : values.filter(value => value !== gone);
}
