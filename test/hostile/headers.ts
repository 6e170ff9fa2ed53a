/** Headers that a request may have on the wire without ending it, odd ones among them. */
import fc from 'fast-check';
import { hostileText } from './corpus.ts';
import type { OpenApi, Operation } from './document.ts';
import { goodParameter, isOne, some } from './targets.ts';

/** In latin1, as they stand on the wire. */
export type Headers = readonly (readonly [string, string])[];

/** The text's bytes as latin1, without those that would end the header or the message. */
const onWire = (text: string): string =>
  Array.from(Buffer.from(text).toString('latin1'))
    .filter(one => one === '\t' || (one >= ' ' && one !== '\x7f'))
    .join('')
    .slice(0, 8000);

const headerText = fc.oneof(
  fc.constantFrom('', ',', ';', '"', '\t', '*', '\xff\xfe', 'é', 'a'.repeat(600), 'a,'.repeat(400), 'x'.repeat(5000)),
  hostileText.map(onWire),
);

const oddHeaders: readonly (readonly [string, readonly string[]])[] = [
  ['Accept', ['*/*', 'text/event-stream', 'TEXT/EVENT-STREAM;q=0', 'application/xml', 'application/json;q=0', ',;,']],
  ['Accept-Encoding', ['gzip, br', 'identity;q=0', '*;q=0']],
  ['Content-Encoding', ['gzip', 'br', 'identity', 'x']],
  ['Idempotency-Key', ['a', 'a b', '\xff', 'k'.repeat(255), 'k'.repeat(256), '__proto__', '{{cursor:0}}', '"quoted"']],
  ['Prefer', ['respond-async', 'respond-async; wait=1', 'RESPOND-ASYNC,', 'wait=x', 'x'.repeat(501)]],
  ['If-None-Match', ['*', 'W/"1"', '"1"', 'W/"', ', , ,', '"'.repeat(999), 'W/"3", "x'.repeat(300)]],
  ['If-Match', ['*', 'W/"0"', 'x']],
  ['Last-Event-ID', ['0', '-1', '999999999999999', '1e3', 'x', '\xff']],
  [
    'traceparent',
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0', 'ff-x', '00-' + '0'.repeat(9000)],
  ],
  ['tracestate', ['a=b,'.repeat(500), '=', 'a=\xff', '__proto__=1']],
  ['baggage', ['__proto__=1', 'a=%00', 'a=b;'.repeat(1000)]],
  ['X-HTTP-Method-Override', ['DELETE', 'TRACE']],
  ['X-Forwarded-For', ['127.0.0.1', "' or 1=1", '::1, '.repeat(200)]],
  ['X-Forwarded-Host', ['evil.example']],
  ['Forwarded', ['for=_x;host=evil.example']],
  ['X-Request-Id', ['\xff', 'a'.repeat(5000)]],
  ['Range', ['bytes=0-0', 'bytes=-', 'x=1']],
  ['Cookie', ['a=b', '__proto__=x', '='.repeat(3000)]],
  ['Origin', ['null', 'https://evil.example']],
  ['Connection', ['close', 'keep-alive', 'Authorization', 'keep-alive, upgrade']],
  ['TE', ['trailers', 'x']],
  ['Expect', ['100-continue', '200-ok', 'x']],
  ['Upgrade', ['websocket', 'h2c']],
  ['Max-Forwards', ['0']],
  ['Host', ['evil.example', '', 'a b', '[::1', 'x:99999', 'user@host', '%', 'é']],
];

const oddHeader = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...oddHeaders)
      .chain(([name, values]) => fc.constantFrom(...values).map(value => [name, value] as const)),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom(...oddHeaders), headerText).map(([[name], value]) => [name, value] as const),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('X', '__proto__', 'constructor', 'toString', "!#$%&'*+-.^_`|~"), headerText),
  },
);

const manyHeaders: fc.Arbitrary<Headers> = fc.oneof(
  fc.constantFrom(50, 300, 2500).map(count => Array.from({ length: count }, (_, i) => [`x${i}`, ''] as const)),
  fc.constantFrom(10_000, 20_000, 100_000).map(length => [['X-Long', 'y'.repeat(length)] as const]),
);

const declaredHeaders = (operation: Operation, openApi: OpenApi): fc.Arbitrary<Headers> =>
  fc
    .tuple(
      ...operation.parameters
        .filter(isOne('header'))
        .map(one =>
          some(
            fc
              .oneof(
                { weight: 2, arbitrary: goodParameter(one, openApi).map(onWire) },
                { weight: 1, arbitrary: headerText },
              )
              .map(value => [one.name, value] as const),
          ),
        ),
    )
    .map(all => all.flat());

export const headersOf = (operation: Operation, openApi: OpenApi): fc.Arbitrary<Headers> =>
  fc
    .tuple(
      declaredHeaders(operation, openApi),
      fc.oneof(
        { weight: 60, arbitrary: fc.constant<Headers>([]) },
        { weight: 30, arbitrary: fc.array(oddHeader, { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: manyHeaders },
      ),
    )
    .map(([declared, odd]) => [...declared, ...odd]);

export const contentType = fc.oneof(
  { weight: 20, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'application/json; charset=utf-8',
      'application/json;charset=utf-16',
      'text/plain',
      '',
      'application/xml',
      '*/*',
      'multipart/form-data; boundary=',
      'application/json, text/html',
      'APPLICATION/JSON',
      'application/json;a=b',
      'application/x-www-form-urlencoded',
      'application/problem+json',
      '\xff',
      'a'.repeat(3000),
    ),
  },
);

export const oddAuthorization = fc.constantFrom(
  '',
  'Bearer',
  'Bearer ',
  'Basic {{key:0}}',
  '{{key:0}}',
  'Bearer {{key:0}}x',
  'Bearer {{key:0}} x',
  'Bearer  {{key:0}}',
  'bEARER {{key:0}}',
  'Bearer\t{{key:0}}',
  'Bearer {{key:0}}, Bearer {{key:0}}',
  'Bearer "{{key:0}}"',
  'Bearer \xff',
  'Bearer frt_dev_',
  'Bearer frt_live_0000000000000000000000000000000a',
  `Bearer ${'a'.repeat(7000)}`,
  'Digest x="',
  'Bearer __proto__',
  'Bearer null',
  'Negotiate',
  'Bearer {{unknownKey:0}}',
);
