/** Paths and queries of an operation, good and bent. */
import fc from 'fast-check';
import { hostileName, hostileText } from './corpus.ts';
import type { OpenApi, Operation, Parameter } from './document.ts';
import { anyId, textOf } from './json.ts';

const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

const hostileStep = fc.oneof(
  fc.constantFrom(
    '%00',
    '%zz',
    '%',
    '%2',
    '..',
    '.',
    '%2e%2e',
    '%2F',
    'a%2Fb',
    '%252F',
    '%ff',
    '%C0%AF',
    '%ed%a0%80',
    '*',
    '@',
    ';x=1',
    '{id}',
    ':id',
    'null',
    '-1',
    "'--",
    '%0d%0aX:1',
    '00000000-0000-7000-8000-000000000000',
    '',
    '0192F0A4-7C1E-7C35-9B0A-3F5D2C8E1A77',
    '0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77%0a',
    'a'.repeat(9000),
  ),
  hostileText.map(encode).map(text => text.slice(0, 9000)),
);

export const isOne = (place: Parameter['in']) => (one: Parameter) => one.in === place;

export const pathOf = (operation: Operation): fc.Arbitrary<string> => {
  const steps = operation.path.split('/').map(step => {
    const name = /^\{(\w+)\}$/.exec(step)?.[1];
    return name === undefined
      ? fc.constant(step)
      : fc.oneof({ weight: 8, arbitrary: anyId(name) }, { weight: 2, arbitrary: hostileStep });
  });
  const good = fc.tuple(...steps).map(parts => parts.join('/'));
  const bent = fc
    .tuple(good, fc.nat(99), fc.constantFrom('/', '//', '/../', '%2F', '/.', ';', '%20', '\\', '%00', '/v1'))
    .map(([path, at, text]) => `/${(path.slice(0, at % path.length) + text + path.slice(at % path.length)).slice(1)}`);
  return fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: bent });
};

const cursorLike = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom('e30', 'W10', 'bnVsbA', 'MQ', '=', '%%%'),
  fc
    .record({
      v: fc.constantFrom(1, 2, '1', null),
      p: fc.constantFrom('jobs', 'jobs status=', 'tenants', '__proto__', ''),
      k: fc.oneof(fc.array(hostileText, { maxLength: 3 }), fc.constant(null), fc.constant({ length: 2 })),
      m: fc.base64String({ maxLength: 24 }),
    })
    .map(cursor => Buffer.from(JSON.stringify(cursor)).toString('base64url')),
  fc.nat(99).map(nth => `{{cursor:${nth}}}`),
);

const hostileNumber = fc.constantFrom(
  '0',
  '-1',
  '1e9',
  '999999999999999',
  '9999999999999999',
  '1.5',
  '0x10',
  '١٢',
  ' 5',
  '5 ',
  'NaN',
  'Infinity',
  '',
);

const hostileParameter = (parameter: Parameter): fc.Arbitrary<string> =>
  fc.oneof(hostileText, hostileNumber, parameter.name === 'cursor' ? cursorLike : hostileText);

export const goodParameter = (parameter: Parameter, openApi: OpenApi): fc.Arbitrary<string> => {
  const schema = openApi.resolve(parameter.schema);
  if (parameter.name === 'cursor') return cursorLike;
  if (schema.enum) return fc.constantFrom(...schema.enum.map(String));
  if (schema.type === 'integer')
    return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 100, 1e6) }).map(String);
  return textOf(schema, parameter.name, {});
};

/** None or one, none more often. */
export const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: arbitrary.map(one => [one]) });

export const queryOf = (operation: Operation, openApi: OpenApi): fc.Arbitrary<string> => {
  const declared = operation.parameters.filter(isOne('query'));
  const known = declared.map(one =>
    some(
      fc
        .oneof({ weight: 2, arbitrary: goodParameter(one, openApi) }, { weight: 1, arbitrary: hostileParameter(one) })
        .map(value => `${one.name}=${value.startsWith('{{') ? value : encode(value)}`),
    ),
  );
  const odd = fc.oneof(
    fc.tuple(hostileName, hostileText).map(([name, value]) => `${encode(name)}=${encode(value)}`),
    fc.constantFrom('%', '%zz=%', '=', '&&', '%00=%00', '+', 'a', '[]=1', 'limit[]=1', 'limit=1&limit=2', '?', '#x'),
    fc.constantFrom('api_key=1', 'x=frt_dev_x', 'ToKen=', 'q=%66rt_live_', `x=${'y'.repeat(7000)}`),
    fc.constantFrom(300, 2000).map(count => 'a&'.repeat(count)),
  );
  const odds = fc.oneof({ weight: 12, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: odd.map(one => [one]) });
  return fc
    .tuple(fc.tuple(...known), odds)
    .map(([parts, more]) => [...parts.flat(), ...more])
    .map(parts => (parts.length === 0 ? '' : `?${parts.join('&')}`));
};
