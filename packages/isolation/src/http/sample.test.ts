import { expect, it } from 'vitest';
import { readOperations, type Schema } from './openapi.ts';
import { referencesIn, type Sampler, sampleOf } from './sample.ts';

const document = {
  paths: {
    '/v1/things/{thingId}': {
      post: {
        security: [{ apiKey: ['write'] }, { apiKey: ['operator'] }],
        parameters: [{ $ref: '#/components/parameters/Thing' }],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Body' } } } },
      },
    },
  },
  components: {
    parameters: { Thing: { name: 'thingId', in: 'path', schema: { type: 'string' } } },
    schemas: {
      Body: {
        type: 'object',
        required: ['name', 'kind', 'source', 'optional'],
        properties: {
          name: { type: 'string' },
          kind: { type: 'string', enum: ['first', 'second'] },
          source: {
            type: 'object',
            required: ['thingId'],
            properties: { thingId: { $ref: '#/components/schemas/Id' } },
          },
          note: { type: 'string' },
          otherId: { anyOf: [{ $ref: '#/components/schemas/Id' }, { type: 'null' }] },
          optional: { type: 'integer', default: 3 },
        },
      },
      Id: { type: 'string', format: 'uuid' },
    },
  },
};
const { operations, resolve } = readOperations(document);
const body = operations[0]?.body ?? {};
const sampler = (known: Record<string, string>): Sampler => ({ mark: 'mark', id: path => known[path.join('.')] });

it('reads what an operation needs: scopes, parameters, body', () => {
  expect(operations).toMatchObject([
    {
      name: 'POST /v1/things/{thingId}',
      scopes: ['write', 'operator'],
      operatorsOnly: false,
      pathParameters: ['thingId'],
    },
  ]);
});

it('fills what is needed and every place that takes an id, marked', () => {
  expect(sampleOf(body, resolve, sampler({ 'source.thingId': 'a', otherId: 'b' }))).toEqual({
    name: 'name mark',
    kind: 'first',
    source: { thingId: 'a' },
    otherId: 'b',
  });
  expect(referencesIn(body, resolve).map(one => one.path.join('.'))).toEqual(['source.thingId', 'otherId']);
});

it('refuses what nobody has given a filler for: a new kind of id, a text of a form', () => {
  expect(() => sampleOf(body, resolve, sampler({ otherId: 'b' }))).toThrow('no filler for the id at source.thingId');
  const code: Schema = {
    type: 'object',
    required: ['code'],
    properties: { code: { type: 'string', pattern: '^[A-Z]{3}$' } },
  };
  expect(() => sampleOf(code, resolve, sampler({}))).toThrow('no filler for the text at code');
  expect(() => sampleOf({ type: 'object', required: ['x'], properties: { x: {} } }, resolve, sampler({}))).toThrow(
    'no filler for x',
  );
});
