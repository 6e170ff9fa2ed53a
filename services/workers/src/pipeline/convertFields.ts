import type { ObjectName } from '@freight/contracts';
import { type Conversion, convert, type ValueProblem } from '@freight/mapping';
import type { OutgoingValues } from '../connectors/connector.ts';
import type { RunAgreement } from './agreement.ts';

/** What a record's fields come to at the target, and what of them could not be kept. */
export interface ConvertedFields {
  readonly values: readonly OutgoingValues[];
  readonly problems: readonly ValueProblem[];
}

/** @param companies target ids of organizations that are loaded, by source id. */
export const convertFields = (
  fields: Readonly<Record<string, readonly unknown[]>>,
  agreement: RunAgreement,
  object: ObjectName,
  companies: ReadonlyMap<string, string>,
): ConvertedFields => {
  const { mapping, source } = agreement;
  const values: OutgoingValues[] = [];
  const problems: ValueProblem[] = [];
  const shared: Pick<Conversion, 'defaultCountry' | 'memberOf' | 'recordOf' | 'nameOf'> = {
    defaultCountry: mapping.defaultCountry,
    memberOf: id => mapping.users.members[id] ?? mapping.users.fallback,
    recordOf: ({ object: referred, id }) => {
      const recordId = referred === 'organizations' ? companies.get(id) : undefined;
      const objectSlug = mapping.objects.organizations?.to;
      return recordId === undefined || objectSlug === undefined ? null : { objectSlug, recordId };
    },
    nameOf: id => source.users.find(user => user.id === id)?.name,
  };
  for (const { from, to, titles } of agreement.fieldsOf(object)) {
    const held = fields[from.id];
    if (held === undefined || held.length === 0) continue;
    const converted = convert(held, { ...shared, from, to, ...(titles === undefined ? {} : { titles }) });
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
  const fields = source.objects.find(one => one.object === object)?.fields ?? [];
  const nameOf = (id: string) => fields.find(field => field.id === id)?.name ?? id;
  return problems
    .map(one => `${nameOf(one.field)}: ${one.value} (${one.code})`)
    .join('\n')
    .slice(0, remarkMax);
};
