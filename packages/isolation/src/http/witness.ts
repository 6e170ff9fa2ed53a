import { sleep } from '@freight/kernel';
import type { Context } from '../context.ts';

import type { Operation } from './openapi.ts';
import { fillPath } from './provide.ts';

/** What B sees of its own, by operation. */
export type Snapshot = ReadonlyMap<string, string>;

/** Longer than the gateway keeps counts of use to itself. */
const settleMs = 2500;
const settlesMax = 8;

/** A list with the witness's own use taken out: looking must not count as a change. */
const withoutWitness = (body: string, witnessKeyId: string): string => {
  const json: unknown = JSON.parse(body);
  if (typeof json !== 'object' || json === null || !('items' in json) || !Array.isArray(json.items)) return body;
  const items = (json.items as { id?: string }[]).map(item =>
    item.id === witnessKeyId ? { ...item, useCount: 0, lastUsedAt: null } : item,
  );
  return JSON.stringify({ ...json, items });
};

const readable = (operation: Operation): boolean => operation.method === 'GET' && !operation.operatorsOnly;

const look = async (context: Context): Promise<Snapshot> => {
  const { b, client } = context;
  const seen = new Map<string, string>();
  for (const operation of context.operations.filter(readable)) {
    const limit = operation.query.some(one => one.name === 'limit') ? '?limit=200' : '';
    const path = fillPath(operation.path, name => b.ids.get(name)) + limit;
    const answer = await client.ask({ method: 'GET', path, key: b.keys.witness });
    const isJson = answer.status === 200 && answer.body.startsWith('{');
    seen.set(operation.name, `${answer.status} ${isJson ? withoutWitness(answer.body, b.witnessKeyId) : answer.body}`);
  }
  return seen;
};

const differingIn = (before: Snapshot, after: Snapshot): readonly string[] =>
  [...after.keys()].filter(name => before.get(name) !== after.get(name));

/** What B sees when nothing of its own is under way any more: counts of use are written some seconds late. */
export const takeSnapshot = async (context: Context): Promise<Snapshot> => {
  let snapshot = await look(context);
  for (let i = 0; i < settlesMax; i++) {
    await sleep(settleMs);
    const next = await look(context);
    const hasSettled = differingIn(snapshot, next).length === 0;
    snapshot = next;
    if (hasSettled) break;
  }
  return snapshot;
};

/** After everything that A did: B's lists, counts, versions, times and entries are what they were. */
export const compareSnapshots = async (context: Context, before: Snapshot): Promise<void> => {
  const after = await takeSnapshot(context);
  for (const [name, text] of after) {
    await context.record.attempt(
      { floor: 'http', name, tried: "all of the above, as A, and then B's own", expected: 'what it was before' },
      () => {
        const was = before.get(name) ?? '';
        if (was === text) return undefined;
        let at = 0;
        while (text[at] === was[at]) at++;
        const near = (one: string) => one.slice(Math.max(0, at - 60), at + 120);
        return `${near(text)} where it was ${near(was)}`;
      },
    );
  }
};
