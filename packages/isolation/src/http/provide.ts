import { newId } from '@freight/kernel';
import type { Context } from '../context.ts';
import { command } from '../sides/makeSide.ts';
import type { Side } from '../sides/side.ts';
import { headerOf, jsonOf } from './client.ts';
import type { Operation } from './openapi.ts';
import { sampleOf } from './sample.ts';

/** A path with ids in the places of its parameters. @param idOf undefined: nobody knows one. */
export const fillPath = (path: string, idOf: (parameter: string) => string | undefined): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(idOf(name) ?? newId()));

/** Reads before writes: a hole in a write would take away what is to be read. */
export const readsFirst = (operations: readonly Operation[]): readonly Operation[] =>
  [...operations].sort((x, y) => Number(x.method !== 'GET') - Number(y.method !== 'GET'));

/** The id that a property of a body takes, of this tenant. */
export const referenceOf = (side: Side, path: readonly string[]): string | undefined => {
  const name = path.at(-1) ?? '';
  const parent = path.at(-2) ?? '';
  if (name === 'connectionId' && parent === 'target') return side.connections.target;
  if (name === 'connectionId') return side.connections.source;
  return side.ids.get(name);
};

export const bodyOf = (context: Context, side: Side, schema: NonNullable<Context['operations'][number]['body']>) =>
  sampleOf(schema, context.resolve, { mark: side.mark, id: path => referenceOf(side, path) });

/**
 * Finds an id for each path parameter of the API that is not known yet: makes the thing by its collection's POST, or takes the first of
 * its list. A new kind of thing is attacked without anybody writing a line.
 */
export const provideIds = async (context: Context, side: Side): Promise<void> => {
  for (const operation of context.operations) {
    for (const name of operation.pathParameters) {
      if (side.ids.has(name) || operation.operatorsOnly) continue;
      const collection = operation.path.slice(0, operation.path.indexOf(`/{${name}}`));
      const path = fillPath(collection, one => side.ids.get(one));
      const id = (await makeOne(context, side, collection, path)) ?? (await firstOf(context, side, collection, path));
      if (id !== undefined) side.ids.set(name, id);
    }
  }
};

const makeOne = async (context: Context, side: Side, collection: string, path: string): Promise<string | undefined> => {
  const maker = context.operations.find(one => one.name === `POST ${collection}`);
  if (!maker?.body || !maker.scopes.includes('write')) return undefined;
  const body = bodyOf(context, side, maker.body);
  const made = await command(context.client, side.keys.full, { path, body }).catch(() => undefined);
  return idIn(made);
};

const firstOf = async (context: Context, side: Side, collection: string, path: string): Promise<string | undefined> => {
  if (!context.operations.some(one => one.name === `GET ${collection}`)) return undefined;
  const answer = await context.client.ask({ method: 'GET', path, key: side.keys.full });
  if (answer.status !== 200 || !headerOf(answer, 'content-type')?.includes('json')) return undefined;
  return jsonOf<{ items?: readonly unknown[] }>(answer).items?.map(idIn)[0];
};

/** The id of a thing, or of the one thing that an answer wraps. */
const idIn = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('id' in value && typeof value.id === 'string') return value.id;
  return Object.values(value).flatMap(one => idIn(one) ?? [])[0];
};
