import { type ProblemCode, problems, scopes } from '@freight/contracts';
import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { mayUse } from '../auth/caller.ts';
import type { Route } from './defineRoute.ts';

const problemBody = z
  .object({
    type: z.string().meta({ examples: ['urn:freight:problem:not_found'] }),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]).describe('Stable; made for programs.'),
    detail: z.string().optional().describe('What to do next; made for people.'),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('JSON Pointer into the body, or `query.x`, `path.x`, `header.x`.'),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

const everywhere: readonly ProblemCode[] = [
  'invalid_request',
  'key_in_query',
  'unauthenticated',
  'wrong_environment',
  'forbidden',
  'tenant_suspended',
  'address_not_allowed',
  'request_timeout',
  'body_too_large',
  'rate_limited',
  'headers_too_large',
  'internal',
  'unavailable',
];

const problemsOf = (route: Route): readonly ProblemCode[] => [
  ...everywhere,
  // What takes no body says so of one that it can read.
  ...(route.method === 'get' ? [] : (['malformed_json'] as const)),
  ...(route.body ? (['unsupported_media_type'] as const) : []),
  ...(route.query && 'cursor' in route.query.shape ? (['invalid_cursor'] as const) : []),
  ...(route.headers && 'idempotency-key' in route.headers.shape
    ? (['command_in_flight', 'idempotency_key_reused'] as const)
    : []),
  ...(route.problems ?? []),
];

const problemResponses = (route: Route) => {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(route)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map(code => `\`${code}\`: ${problems[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problemBody } },
      },
    ]),
  );
};

/** OpenAPI knows the header Accept by the media types of the answers, and wants no parameter of that name. */
const headerParameters = (headers: z.ZodObject): z.ZodObject =>
  'accept' in headers.shape ? headers.omit({ accept: true }) : headers;

const operationOf = (route: Route) => ({
  operationId: route.operationId,
  tags: [route.tag],
  summary: route.summary,
  description: [route.description, `Scope: \`${route.scope}\`${route.operatorsToo ? ' or `operator`' : ''}.`]
    .filter(Boolean)
    .join('\n\n'),
  // For a scheme without scopes of its own, OpenAPI 3.1 takes the names of the roles that are needed.
  security: scopes.filter(scope => mayUse({ scopes: [scope] }, route)).map(scope => ({ apiKey: [scope] })),
  requestParams: {
    ...(route.params ? { path: route.params } : {}),
    ...(route.query ? { query: route.query } : {}),
    ...(route.headers ? { header: headerParameters(route.headers) } : {}),
  },
  ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } } : {}),
  responses: {
    ...Object.fromEntries(
      Object.entries(route.responses).map(([status, { description, schema, alsoAs, mediaType }]) => [
        status,
        {
          description,
          ...(schema
            ? {
                content: {
                  [mediaType ?? 'application/json']: { schema },
                  ...Object.fromEntries((alsoAs ?? []).map(type => [type, { schema: { type: 'string' as const } }])),
                },
              }
            : {}),
        },
      ]),
    ),
    ...problemResponses(route),
  },
});

/** The OpenAPI 3.1 document, from the very schemas that read the requests. */
export const createOpenApi = (routes: readonly Route[]): ReturnType<typeof createDocument> => {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Freight',
      version: '1',
      description: "Moves a company's CRM data from one system to another.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'frt_{live,test,dev}_ + 32 characters' },
      },
    },
    paths,
  });
};
