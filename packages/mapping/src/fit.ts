import type { FieldType, ValueType } from '@freight/contracts';

/**
 * What a value of one type can become, the best first. A value fits a type of this list without anybody's help; what is lost on the way is said by
 * the conversion, value by value.
 */
const fits: { readonly [T in ValueType]: readonly ValueType[] } = {
  text: ['text', 'option'],
  number: ['number', 'currency', 'text'],
  checkbox: ['checkbox', 'text'],
  currency: ['currency', 'number', 'text'],
  date: ['date', 'timestamp', 'text'],
  timestamp: ['timestamp', 'date', 'text'],
  option: ['option', 'status', 'text'],
  status: ['status', 'option', 'text'],
  email: ['email', 'text'],
  domain: ['domain', 'text'],
  phone: ['phone', 'text'],
  location: ['location', 'text'],
  personName: ['personName', 'text'],
  user: ['user', 'text'],
  record: ['record', 'text'],
};

/** Whether values of `from` can be written to an attribute of type `to`. */
export const canBecome = (from: FieldType, to: FieldType): boolean =>
  from !== 'other' && to !== 'other' && fits[from].includes(to);

/** Types that hold several values as lines of one text, where an attribute of their own type holds only one. */
const joinable: ReadonlySet<ValueType> = new Set(['text', 'number', 'location', 'email', 'domain', 'phone', 'option']);

/**
 * The type of a new attribute for a field: its own where that can be made (and can hold several, where the field does), else the next best.
 * @returns null when none of them can be made.
 */
export const newTypeFor = (
  field: { readonly type: FieldType; readonly isMultiple: boolean },
  creatable: readonly ValueType[],
  multiple: readonly ValueType[],
): { readonly type: ValueType; readonly isMultiple: boolean } | null => {
  for (const type of field.type === 'other' ? [] : fits[field.type]) {
    if (!creatable.includes(type)) continue;
    // A text is not made an option by itself: whoever has thousands of different ones would get thousands of options.
    if (field.type === 'text' && type === 'option') continue;
    if (!field.isMultiple || multiple.includes(type)) return { type, isMultiple: field.isMultiple };
    if (type === 'text' && field.type !== 'other' && joinable.has(field.type)) return { type, isMultiple: false };
  }
  return null;
};
