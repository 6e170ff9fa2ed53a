import { generateApiKey, parseApiKey } from '@freight/contracts';
import type { Context } from '../context.ts';
import { findTrace } from '../sides/side.ts';
import type { Question } from './client.ts';
import type { Operation } from './openapi.ts';
import { bodyOf, fillPath, readsFirst } from './provide.ts';

interface Keyed {
  readonly who: string;
  readonly key: string | undefined;
  readonly scopes: readonly string[];
  readonly status: 401 | 403;
}

/** Tries every operation with keys that may not use it: with none, with a made-up one, with one of too few scopes. */
export const tryPermissions = async (context: Context): Promise<void> => {
  const { a, b, record, operations } = context;
  const madeUp = generateApiKey(parseApiKey(a.keys.full)?.environment ?? 'dev');
  const keys: readonly Keyed[] = [
    { who: 'no key', key: undefined, scopes: [], status: 401 },
    {
      who: 'a key with a wrong checksum',
      key: `${madeUp.slice(0, -1)}${madeUp.endsWith('0') ? '1' : '0'}`,
      scopes: [],
      status: 401,
    },
    { who: 'a key that only reads', key: a.keys.read, scopes: ['read'], status: 403 },
    { who: 'a key that only writes', key: a.keys.write, scopes: ['write'], status: 403 },
    { who: "a tenant's key that reads and writes", key: a.keys.full, scopes: ['read', 'write'], status: 403 },
  ];
  for (const operation of readsFirst(operations)) {
    if (operation.scopes.length === 0) {
      record.cannot('route', operation.name, 'the document does not say which scope it needs');
      continue;
    }
    for (const keyed of keys.filter(one => !one.scopes.some(scope => operation.scopes.includes(scope)))) {
      await record.attempt(
        {
          floor: 'http',
          name: operation.name,
          tried: `with ${keyed.who}, on A's own and on B's things`,
          expected: `${keyed.status}, the same for both`,
        },
        async () => {
          const own = await context.client.ask(ask(context, operation, keyed.key, 'own'));
          const yours = await context.client.ask(ask(context, operation, keyed.key, 'yours'));
          for (const answer of [own, yours]) {
            if (answer.status !== keyed.status) return `status ${answer.status}: ${answer.body}`;
          }
          if (own.body !== yours.body) return `${yours.body} instead of ${own.body}`;
          record.cover('route', operation.name);
          return findTrace(yours.body, b);
        },
      );
    }
  }
};

const ask = (context: Context, operation: Operation, key: string | undefined, whose: 'own' | 'yours'): Question => ({
  method: operation.method,
  path: fillPath(operation.path, name => (whose === 'own' ? context.a : context.b).ids.get(name)),
  key,
  ...(operation.body ? { body: bodyOf(context, whose === 'own' ? context.a : context.b, operation.body) } : {}),
});
