/** One round: a tenant of its own with keys, and the ids of what exists, for symbols like `{{jobId:3}}` in requests. */
import { generateApiKey } from '@freight/contracts';
import { newId } from '@freight/kernel';
import type { OpenApi } from './document.ts';
import type { CallerName, HostileRequest } from './requests.ts';
import type { WireAnswer } from './wire.ts';

export interface RoundOptions {
  readonly gateway: string;
  readonly operatorKey: string;
  readonly openApi: OpenApi;
  /** Ids that no request may name. A round adds what it stands on. */
  readonly spared: Set<string>;
}

export interface Round {
  /** The request's bytes, with what exists now in the place of its symbols. */
  bytesOf(request: HostileRequest): { readonly bytes: Buffer; readonly target: string };
  /** Learns the ids and cursors of an answer. */
  learn(request: HostileRequest, answer: WireAnswer): void;
  /** The request as a person reads it: cut, and without a key. */
  show(request: HostileRequest): string;
}

interface Json {
  readonly [name: string]: unknown;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kept of each kind at most: newer ones take the place of older ones. */
const keptMax = 40;

export const createTenant = async (
  { gateway, operatorKey }: Pick<RoundOptions, 'gateway' | 'operatorKey'>,
  settings: object = { requestsPerSecond: 10_000, requestBurst: 10_000 },
): Promise<{ readonly id: string; readonly keyId: string; readonly key: string }> => {
  const name = `t-${newId().slice(-12)}`;
  const response = await fetch(`${gateway}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, slug: name, settings }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`no tenant: ${response.status} ${text}`);
  const { tenant, apiKey } = JSON.parse(text) as { tenant: { id: string }; apiKey: { id: string; secret: string } };
  return { id: tenant.id, keyId: apiKey.id, key: apiKey.secret };
};

/** Which parameter takes the ids of what a path lists or makes: `/v1/jobs` → `jobId`. */
const childParameters = (openApi: OpenApi): ReadonlyMap<string, string> =>
  new Map(
    openApi.operations.flatMap(({ path }) =>
      [...path.matchAll(/\/\{(\w+)\}/g)].map(match => [path.slice(0, match.index), match[1] ?? ''] as const),
    ),
  );

export const startRound = async (options: RoundOptions): Promise<Round> => {
  const own = await createTenant(options);
  const reader = await fetch(`${options.gateway}/v1/api-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.key}`, 'content-type': 'application/json' },
    body: '{"label":"reader","scopes":["read"]}',
  });
  const readerKey = (await reader.json()) as { id: string; secret: string };
  const keys: Readonly<Record<CallerName, string>> = {
    tenant: own.key,
    reader: readerKey.secret,
    operator: options.operatorKey,
    none: own.key,
  };
  const { spared } = options;
  for (const id of [own.id, own.keyId, readerKey.id]) spared.add(id);
  const unknownKey = generateApiKey('dev');
  const nowhere = newId();
  const pools = new Map<string, string[]>();
  const children = childParameters(options.openApi);
  const names = new Set(children.values());

  const add = (name: string, value: unknown) => {
    if (typeof value !== 'string' || spared.has(value)) return;
    const pool = pools.get(name) ?? [];
    pools.set(name, pool);
    if (pool.includes(value)) return;
    pool.push(value);
    if (pool.length > keptMax) pool.shift();
  };

  const fill = (text: string, caller: CallerName): string =>
    text.replace(/\{\{(\w+):(\d+)\}\}/g, (_, name: string, nth: string) => {
      if (name === 'key') return keys[caller];
      if (name === 'unknownKey') return unknownKey;
      const pool = pools.get(name) ?? [];
      return pool[Number(nth) % Math.max(1, pool.length)] ?? nowhere;
    });

  const headOf = (request: HostileRequest, target: string, bodyLength: number | undefined): string => {
    const has = (name: string) => request.headers.some(([one]) => one.toLowerCase() === name);
    const lines = [
      `${request.method} ${target} HTTP/1.1`,
      ...(has('host') ? [] : ['Host: 127.0.0.1']),
      ...(has('authorization') ? [] : ['Authorization: Bearer {{key:0}}']),
      ...(bodyLength === undefined ? [] : [`Content-Length: ${bodyLength}`]),
      ...request.headers.map(([name, value]) => `${name}: ${value}`),
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  };

  return {
    bytesOf: request => {
      const target = fill(request.target, request.caller);
      // Symbols are ASCII, and latin1 keeps every other byte as it is.
      const body = request.body && Buffer.from(fill(request.body.toString('latin1'), request.caller), 'latin1');
      const head = fill(headOf(request, target, body?.length), request.caller);
      return { bytes: Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]), target };
    },
    learn: (request, answer) => {
      if (answer.status >= 300 || answer.headers.get('content-type') !== 'application/json') return;
      if (answer.body.length === 0) return;
      const body: unknown = JSON.parse(answer.body.toString('utf8'));
      if (!isObject(body)) return;
      const parameter = children.get(request.operation.path);
      const items = Array.isArray(body['items']) ? body['items'].filter(isObject) : [];
      for (const one of [body, ...items]) {
        if (parameter !== undefined) add(parameter, one['id']);
        for (const [name, value] of Object.entries(one)) if (names.has(name)) add(name, value);
      }
      add('cursor', body['nextCursor']);
    },
    show: request => {
      const head = headOf(request, request.target, request.body?.length);
      const lines = `${head}${request.body?.toString('utf8') ?? ''}`.split('\r\n');
      return [`as ${request.caller}:`, ...lines.slice(0, 60).map(line => line.slice(0, 600))].join('\n');
    },
  };
};
