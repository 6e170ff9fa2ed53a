import type {
  FieldMapping,
  ListedObject,
  Mapping,
  MappingProblem,
  NewAttribute,
  SourceField,
  SourceSchema,
  TargetAttribute,
  TargetSchema,
  ValueType,
} from '@freight/contracts';
import { canBecome } from './fit.ts';
import { sourceFields } from './sourceFields.ts';

const escape = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');
const pointerOf = (...tokens: readonly (string | number)[]): string =>
  tokens.map(token => `/${escape(String(token))}`).join('');

interface FieldsCheck {
  readonly fields: readonly FieldMapping[];
  readonly known: readonly SourceField[];
  readonly attributes: readonly TargetAttribute[];
  readonly creatable: readonly ValueType[];
  readonly target: TargetSchema;
  readonly at: readonly string[];
}

const checkNew = (create: NewAttribute, check: FieldsCheck, pointer: string): readonly MappingProblem[] => {
  const problems: MappingProblem[] = [];
  if (!check.creatable.includes(create.type)) {
    problems.push({
      pointer,
      code: 'not_creatable',
      detail: `The target cannot be given an attribute of type ${create.type} here.`,
    });
  }
  if (create.isMultiple && !check.target.multiple.includes(create.type)) {
    problems.push({
      pointer,
      code: 'not_creatable',
      detail: `An attribute of type ${create.type} holds one value only.`,
    });
  }
  for (const slug of create.type === 'record' ? (create.objects ?? []) : []) {
    if (check.target.objects.some(one => one.slug === slug && one.isEnabled)) continue;
    problems.push({
      pointer,
      code: 'unknown_object',
      detail: `The target has no object ${slug} that a reference could lead to.`,
    });
  }
  return problems;
};

const checkField = (one: FieldMapping, check: FieldsCheck, pointer: string): readonly MappingProblem[] => {
  const field = check.known.find(f => f.id === one.from);
  if (field === undefined) {
    return [{ pointer: `${pointer}/from`, code: 'unknown_field', detail: `The source has no field ${one.from} here.` }];
  }
  if ('skip' in one) return [];
  const attribute = check.attributes.find(a => a.slug === one.to);
  if (attribute !== undefined && one.create !== undefined) {
    return [
      {
        pointer: `${pointer}/create`,
        code: 'attribute_exists',
        detail: `The target has ${one.to} already: leave "create" out, or choose another slug.`,
      },
    ];
  }
  if (attribute === undefined && one.create === undefined) {
    return [
      {
        pointer: `${pointer}/to`,
        code: 'unknown_attribute',
        detail: `The target has no attribute ${one.to}: add "create", or choose one that is there.`,
      },
    ];
  }
  if (attribute !== undefined && !attribute.isWritable) {
    return [{ pointer: `${pointer}/to`, code: 'not_writable', detail: `The target fills ${one.to} by itself.` }];
  }
  const type = attribute?.type ?? one.create?.type;
  const problems: MappingProblem[] = [];
  if (one.create !== undefined) problems.push(...checkNew(one.create, check, `${pointer}/create`));
  if (type !== undefined && !canBecome(field.type, type)) {
    problems.push({
      pointer: `${pointer}/to`,
      code: 'incompatible_types',
      detail: `A ${field.type} cannot become a ${type}.`,
    });
  }
  return problems;
};

/** Two fields may share an attribute only when they ask for the very same new one, or come from lists of opportunities, of which a record is on one. */
const checkFields = (check: FieldsCheck): readonly MappingProblem[] => {
  const problems: MappingProblem[] = [];
  const seen = new Set<string>();
  const places = new Map<string, string>();
  check.fields.forEach((one, i) => {
    const pointer = pointerOf(...check.at, 'fields', i);
    problems.push(...checkField(one, check, pointer));
    if (seen.has(one.from)) {
      problems.push({ pointer, code: 'mapped_twice', detail: `The field ${one.from} stands in the mapping before.` });
    }
    seen.add(one.from);
    if ('skip' in one || one.create === undefined) return;
    const asked = JSON.stringify(one.create);
    const before = places.get(one.to);
    if (before !== undefined && before !== asked) {
      problems.push({
        pointer: `${pointer}/create`,
        code: 'attribute_clash',
        detail: `Another field asks for ${one.to} with other properties.`,
      });
    }
    places.set(one.to, before ?? asked);
  });
  for (const attribute of check.attributes) {
    const isMapped = check.fields.some(one => 'to' in one && one.to === attribute.slug);
    if (!attribute.isRequired || isMapped) continue;
    problems.push({
      pointer: pointerOf(...check.at, 'fields'),
      code: 'required_unmapped',
      detail: `The target requires ${attribute.slug}: map a field to it.`,
    });
  }
  return problems;
};

const checkObjects = (mapping: Mapping, source: SourceSchema, target: TargetSchema): readonly MappingProblem[] =>
  Object.entries(mapping.objects).flatMap(([name, one]): readonly MappingProblem[] => {
    const home = target.objects.find(o => o.slug === one.to);
    const pointer = pointerOf('objects', name, 'to');
    if (home === undefined) return [{ pointer, code: 'unknown_object', detail: `The target has no object ${one.to}.` }];
    if (!home.isEnabled) {
      return [
        {
          pointer,
          code: 'object_disabled',
          detail: `${home.name} are switched off at the target: an administrator has to switch them on.`,
        },
      ];
    }
    const known = sourceFields(source, name as ListedObject);
    return checkFields({
      fields: one.fields,
      known,
      attributes: home.attributes,
      creatable: home.creatable,
      target,
      at: ['objects', name],
    });
  });

const checkLists = (mapping: Mapping, source: SourceSchema, target: TargetSchema): readonly MappingProblem[] =>
  Object.entries(mapping.lists).flatMap(([id, one]): readonly MappingProblem[] => {
    const list = source.lists.find(l => l.id === id);
    if (list === undefined)
      return [{ pointer: pointerOf('lists', id), code: 'unknown_list', detail: `The source has no list ${id}.` }];
    if ('skip' in one) return [];
    const problems: MappingProblem[] = [];
    const home = mapping.objects[list.object];
    if (home === undefined) {
      problems.push({
        pointer: pointerOf('lists', id),
        code: 'object_missing',
        detail: `The list holds ${list.object}, which the mapping does not move.`,
      });
    }
    const present = target.lists.find(l => l.slug === one.to);
    if (present === undefined && one.create === undefined) {
      problems.push({
        pointer: pointerOf('lists', id, 'to'),
        code: 'unknown_list',
        detail: `The target has no list ${one.to}: add "create", or choose one that is there.`,
      });
    }
    if (present !== undefined && one.create !== undefined) {
      problems.push({
        pointer: pointerOf('lists', id, 'create'),
        code: 'attribute_exists',
        detail: `The target has a list ${one.to} already.`,
      });
    }
    if (present !== undefined && home !== undefined && present.objectSlug !== home.to) {
      problems.push({
        pointer: pointerOf('lists', id, 'to'),
        code: 'incompatible_types',
        detail: `${one.to} is a list of ${present.objectSlug}, not of ${home.to}.`,
      });
    }
    const attributes = present?.attributes ?? [];
    return [
      ...problems,
      ...checkFields({
        fields: one.fields,
        known: list.fields,
        attributes,
        creatable: target.creatableOnLists,
        target,
        at: ['lists', id],
      }),
    ];
  });

const checkUsers = (mapping: Mapping, target: TargetSchema): readonly MappingProblem[] => {
  const isMember = (id: string) => target.members.some(member => member.id === id);
  const unknown = (pointer: string, id: string): MappingProblem[] =>
    isMember(id) ? [] : [{ pointer, code: 'unknown_member', detail: `The target has no member ${id}.` }];
  return [
    ...Object.entries(mapping.users.members).flatMap(([user, member]) =>
      unknown(pointerOf('users', 'members', user), member),
    ),
    ...(mapping.users.fallback === null ? [] : unknown(pointerOf('users', 'fallback'), mapping.users.fallback)),
  ];
};

/** All that is wrong with a mapping, judged by what source and target hold now. Empty: it can be carried out. Pure. */
export const validateMapping = (
  mapping: Mapping,
  source: SourceSchema,
  target: TargetSchema,
): readonly MappingProblem[] => [
  ...checkUsers(mapping, target),
  ...checkObjects(mapping, source, target),
  ...checkLists(mapping, source, target),
];
