import type { ValueOf, ValueType } from '@freight/contracts';
import type { Titles } from '../titles.ts';
import { asText } from './asText.ts';
import { normalisePhone } from './phone.ts';
import type { ValueProblem, ValueProblemCode } from './problem.ts';

/** A reference to a record of the target. */
export interface TargetReference {
  readonly objectSlug: string;
  readonly recordId: string;
}

/** What a value of each type is at the target: as at the source, but users are members and references lead to the target's own records. */
export type TargetValueOf = Omit<ValueOf, 'record' | 'user'> & {
  /** A member's id. */
  readonly user: string;
  readonly record: TargetReference;
};
export type TargetValue = TargetValueOf[ValueType];

/** From which field to which attribute, and what a conversion has to look up. */
export interface Conversion {
  readonly from: { readonly id: string; readonly type: ValueType };
  readonly to: { readonly type: ValueType; readonly isMultiple: boolean; readonly currency?: string };
  /** The title at the target for a title at the source; null leaves the value out. */
  readonly titles?: Readonly<Record<string, string | null>>;
  /** The title that stands at the target for one that differs in case or blanks only. */
  readonly options?: Pick<Titles, 'resolve'>;
  readonly defaultCountry: string | null;
  /** The member for a user, or for those without one. */
  memberOf(userId: string): string | null;
  /** The target's record for a record of the source; null while there is none. */
  recordOf(reference: ValueOf['record']): TargetReference | null;
  /** What people call a user or a record of the source. */
  nameOf(id: string): string | undefined;
}

export interface Converted {
  readonly values: readonly TargetValue[];
  readonly problems: readonly ValueProblem[];
}

type One = { readonly value: TargetValue } | { readonly problem: ValueProblemCode } | 'left_out';

const value = (it: TargetValue): One => ({ value: it });
const problem = (code: ValueProblemCode): One => ({ problem: code });

const toOption = (text: string, { titles, options }: Conversion): One => {
  const typed = text.trim();
  const title = titles?.[typed] ?? titles?.[text];
  if (title === undefined && titles !== undefined && (typed in titles || text in titles)) return 'left_out';
  if (title === null) return 'left_out';
  const wanted = title ?? typed;
  return wanted === '' ? 'left_out' : value(options?.resolve(wanted) ?? wanted);
};

const toCurrency = (held: unknown, { from, to }: Conversion): One => {
  if (from.type === 'number') return value({ amount: held as number, code: to.currency ?? null });
  const money = held as ValueOf['currency'];
  const code = to.currency ?? money.code;
  // The code belongs to the attribute: an amount in another currency would be another amount.
  return money.code === null || money.code === code ? value({ ...money, code }) : problem('currency_mismatch');
};

const toDate = (held: unknown): One => {
  const day = /^\d{4}-\d{2}-\d{2}/u.exec(String(held))?.[0];
  return day === undefined || Number.isNaN(Date.parse(day)) ? problem('invalid_date') : value(day);
};

const toTimestamp = (held: unknown): One => {
  const moment = new Date(String(held));
  return Number.isNaN(moment.getTime()) ? problem('invalid_date') : value(moment.toISOString());
};

const convertOne = (held: unknown, conversion: Conversion): One => {
  const { from, to } = conversion;
  switch (to.type) {
    case 'text':
      return value(asText(from.type, held as never, id => conversion.nameOf(id)));
    case 'option':
    case 'status':
      return toOption(String(held), conversion);
    case 'currency':
      return toCurrency(held, conversion);
    case 'number':
      return value(from.type === 'currency' ? (held as ValueOf['currency']).amount : (held as number));
    case 'date':
      return toDate(held);
    case 'timestamp':
      return toTimestamp(held);
    case 'phone': {
      const phone = normalisePhone(String(held), conversion.defaultCountry);
      return phone === null ? problem('invalid_phone') : value(phone);
    }
    case 'user': {
      const member = conversion.memberOf(String(held));
      return member === null ? problem('unmapped_user') : value(member);
    }
    case 'record': {
      const found = conversion.recordOf(held as ValueOf['record']);
      return found === null ? problem('out_of_scope_reference') : value(found);
    }
    case 'checkbox':
    case 'email':
    case 'domain':
    case 'location':
    case 'personName':
      return value(held as TargetValue);
  }
};

const distinctValues = (values: readonly TargetValue[]): TargetValue[] => [
  ...new Map(values.map(one => [JSON.stringify(one), one])).values(),
];

/** Text parts stand on lines of their own where one of them has blanks and commas of its own. */
const joinTexts = (type: ValueType, texts: readonly string[]): string => texts.join(type === 'location' ? '\n' : '; ');

/**
 * The values of a field as the target's attribute takes them, and what of them could not be kept. Values that come to the same are one. Of several
 * values a text keeps all, any other attribute for one value keeps the first. Pure.
 */
export const convert = (held: readonly unknown[], conversion: Conversion): Converted => {
  const { from, to } = conversion;
  const values: TargetValue[] = [];
  const problems: ValueProblem[] = [];
  const textOf = (one: unknown) => asText(from.type, one as never, id => conversion.nameOf(id));
  for (const one of held) {
    const result = convertOne(one, conversion);
    if (result === 'left_out') continue;
    if ('value' in result) values.push(result.value);
    else problems.push({ code: result.problem, field: from.id, value: textOf(one) });
  }
  const distinct = distinctValues(values);
  if (to.isMultiple || distinct.length <= 1) return { values: distinct, problems };
  if (to.type === 'text') return { values: [joinTexts(from.type, distinct as string[])], problems };
  const dropped = distinct.slice(1).map(
    (one): ValueProblem => ({
      code: 'values_dropped',
      field: from.id,
      value: typeof one === 'object' ? JSON.stringify(one) : String(one),
    }),
  );
  return { values: distinct.slice(0, 1), problems: [...problems, ...dropped] };
};
