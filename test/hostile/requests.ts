/** Requests that a hostile or a clumsy client might send, made from the OpenAPI document: a new operation is tried without a line here. */
import fc from 'fast-check';
import { hostileValue } from './corpus.ts';
import type { OpenApi, Operation } from './document.ts';
import { contentType, type Headers, headersOf, oddAuthorization } from './headers.ts';
import { valueOf, write } from './json.ts';
import { spoil, spoilBytes } from './spoil.ts';
import { pathOf, queryOf } from './targets.ts';

/** Who sends it. `none`: nobody, or with a header that holds no key of ours. */
export type CallerName = 'tenant' | 'reader' | 'operator' | 'none';

/** A request before it is sent: it may name ids and keys that are known only then (`{{name:n}}`). */
export interface HostileRequest {
  readonly operation: Operation;
  readonly caller: CallerName;
  readonly method: string;
  readonly target: string;
  /** Without Host, Content-Length and Authorization unless they are meant to be odd. */
  readonly headers: Headers;
  readonly body: Buffer | undefined;
}

const bodyOf = (
  operation: Operation,
  openApi: OpenApi,
  dictionary: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<Buffer | undefined> => {
  if (!operation.body) {
    return fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: hostileValue.map(tree => Buffer.from(write(tree))) },
      { weight: 1, arbitrary: spoilBytes(fc.constant('{}')) },
    );
  }
  const good = valueOf(operation.body, openApi.resolve, dictionary);
  return fc.oneof(
    { weight: 6, arbitrary: good.map(tree => Buffer.from(write(tree))) },
    { weight: 10, arbitrary: spoil(good).map(tree => Buffer.from(write(tree))) },
    { weight: 3, arbitrary: spoilBytes(good.map(write)) },
    { weight: 1, arbitrary: hostileValue.map(tree => Buffer.from(write(tree))) },
  );
};

const methodOf = (operation: Operation): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constant(operation.method) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'HEAD',
        'OPTIONS',
        'PUT',
        'TRACE',
        'GET',
        'POST',
        'DELETE',
        'PATCH',
        'PROPFIND',
        'SEARCH',
        'M-SEARCH',
        'QUERY',
      ),
    },
  );

const callerOf = (operation: Operation): fc.Arbitrary<CallerName> => {
  const right: CallerName = operation.scope === 'operator' ? 'operator' : 'tenant';
  return fc.oneof(
    { weight: 30, arbitrary: fc.constant(right) },
    { weight: 2, arbitrary: fc.constantFrom<CallerName>('tenant', 'reader', 'operator') },
    { weight: 1, arbitrary: fc.constant<CallerName>('none') },
  );
};

/** A request for one of the operations. @param dictionary good values by the name of a property, where the schema alone makes none. */
export const hostileRequest = (
  openApi: OpenApi,
  dictionary: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<HostileRequest> => {
  const forOperation = (operation: Operation): fc.Arbitrary<HostileRequest> =>
    fc
      .record({
        caller: callerOf(operation),
        method: methodOf(operation),
        path: pathOf(operation),
        query: queryOf(operation, openApi),
        headers: headersOf(operation, openApi),
        contentType,
        authorization: oddAuthorization,
        body: bodyOf(operation, openApi, dictionary),
      })
      .map(one => ({
        operation,
        caller: one.caller,
        method: one.method,
        target: one.path + one.query,
        headers: [
          ...(one.caller === 'none' ? [['Authorization', one.authorization] as const] : []),
          ...(one.body && one.contentType !== '' ? [['Content-Type', one.contentType] as const] : []),
          ...one.headers,
        ],
        body: one.body,
      }));
  return fc.oneof(...openApi.operations.map(forOperation));
};
