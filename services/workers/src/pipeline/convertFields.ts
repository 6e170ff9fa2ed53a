import { listedObject, type ObjectName } from '@freight/contracts';
import { type Conversion, convert, sourceFields, type ValueProblem } from '@freight/mapping';
import type { OutgoingValues } from '../connectors/connector.ts';
import type { RunAgreement } from './agreement.ts';
import type { Loaded } from './references.ts';

/** What a record's fields come to at the target, and what of them could not be kept. */
export interface ConvertedFields {
  readonly values: readonly OutgoingValues[];
  readonly problems: readonly ValueProblem[];
}

export const convertFields = (
  fields: Readonly<Record<string, readonly unknown[]>>,
  agreement: RunAgreement,
  object: ObjectName,
  loaded: Loaded,
): ConvertedFields => {
  const { mapping, source } = agreement;
  const values: OutgoingValues[] = [];
  const problems: ValueProblem[] = [];
  const shared: Pick<Conversion, 'defaultCountry' | 'memberOf' | 'recordOf' | 'nameOf'> = {
    defaultCountry: mapping.defaultCountry,
    memberOf: id => mapping.users.members[id] ?? mapping.users.fallback,
    recordOf: ({ object: referred, id }) => {
      const recordId = loaded(referred, id);
      const listed = listedObject.safeParse(referred).data;
      const objectSlug = listed === undefined ? undefined : mapping.objects[listed]?.to;
      return recordId === undefined || objectSlug === undefined ? null : { objectSlug, recordId };
    },
    nameOf: id => source.users.find(user => user.id === id)?.name,
  };
  for (const { from, to, titles, options } of agreement.fieldsOf(object)) {
    const held = fields[from.id];
    if (held === undefined || held.length === 0) continue;
    const choices = { ...(titles === undefined ? {} : { titles }), ...(options === undefined ? {} : { options }) };
    const converted = convert(held, { ...shared, from, to, ...choices });
    problems.push(...converted.problems);
    if (converted.values.length > 0) {
      values.push({ slug: to.slug, type: to.type, isMultiple: to.isMultiple, values: converted.values });
    }
  }
  return { values, problems };
};

const remarkMax = 2000;

/** What could not be kept, a line each: the field by its name, and the value. */
export const remarkOf = (
  problems: readonly ValueProblem[],
  { source }: RunAgreement,
  object: ObjectName,
): string | null => {
  if (problems.length === 0) return null;
  const fields = sourceFields(source, object);
  const nameOf = (id: string) => fields.find(field => field.id === id)?.name ?? id;
  return problems
    .map(one => `${nameOf(one.field)}: ${one.value} (${one.code})`)
    .join('\n')
    .slice(0, remarkMax);
};
