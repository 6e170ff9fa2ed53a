import { randomBytes } from 'node:crypto';
import { sleep } from '@freight/kernel';
import { type HttpAnswer, type HttpClient, headerOf, jsonOf } from '../http/client.ts';
import { makeAccounts, type Workspace } from './crm.ts';
import type { Side, SideName } from './side.ts';

/** The platform refuses what a test needs: wrong key, wrong address, or it is not well. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';
}

/** Enough that no attempt is slowed down: the limits have attempts of their own. */
const limits = { requestsPerSecond: 10_000, requestBurst: 10_000 };
const replyWithinMs = 30_000;

/** A request that both tenants can make to the byte: it holds nothing of either. */
export const recordedRequest = { name: 'recorded', system: 'attio', credentials: { apiKey: 'recorded' } } as const;

interface Wish {
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a command and waits for its reply, also where the first answer is "it is recorded". @throws SetUpError */
export const command = async (client: HttpClient, key: string, wish: Wish): Promise<Record<string, unknown>> => {
  const fail = (answer: HttpAnswer): never => {
    throw new SetUpError(`POST ${wish.path} was answered with ${answer.status}: ${answer.body.slice(0, 300)}`);
  };
  const first = await client.ask({ method: 'POST', key, ...wish });
  if (first.status >= 300) fail(first);
  const location = headerOf(first, 'location');
  if (first.status !== 202 || location === undefined) return jsonOf(first);
  const deadline = performance.now() + replyWithinMs;
  for (;;) {
    const answer = await client.ask({ method: 'GET', path: location, key });
    const { reply } = jsonOf<{ reply?: { status: number; body: Record<string, unknown> } | null }>(answer);
    if (reply && reply.status < 300) return { ...jsonOf<object>(first), ...reply.body };
    if (reply || answer.status >= 300 || performance.now() > deadline) return fail(answer);
    await sleep(100);
  }
};

/** A tenant with nothing in it yet. */
export interface BareTenant {
  readonly id: string;
  readonly mark: string;
  readonly key: string;
}

export const makeTenant = async (
  client: HttpClient,
  operatorKey: string,
  name: string,
  settings: object = limits,
): Promise<BareTenant> => {
  const mark = `iso${name.toLowerCase()}${randomBytes(5).toString('hex')}`;
  const made = (await command(client, operatorKey, {
    path: '/v1/tenants',
    body: { name: `Isolation test ${mark}`, slug: mark, settings },
  })) as { tenant: { id: string }; apiKey: { secret: string | null } };
  if (made.apiKey.secret === null) throw new SetUpError('the key of a new tenant was not shown');
  return { id: made.tenant.id, mark, key: made.apiKey.secret };
};

export interface MakeSideOptions {
  readonly client: HttpClient;
  readonly operatorKey: string;
  readonly name: SideName;
  /** Told at once: whoever cleans up has to know it even when the rest fails. */
  readonly onTenant: (tenant: BareTenant) => void;
  /** The stand-ins for the CRMs; undefined: nothing is moved. */
  readonly sandboxUrl: string | undefined;
}

/** Makes one of the two tenants, through the public API alone. @throws SetUpError */
export const makeSide = async (options: MakeSideOptions): Promise<Side> => {
  const { client, name } = options;
  const tenant = await makeTenant(client, options.operatorKey, name);
  options.onTenant(tenant);
  const { mark } = tenant;
  const full = tenant.key;
  const make = (path: string, body: object, headers?: Record<string, string>) =>
    command(client, full, { path, body, ...(headers ? { headers } : {}) });
  const makeKey = async (what: string, scopes: readonly string[]) => {
    const made = await make('/v1/api-keys', { label: `${what} ${mark}`, scopes });
    return { id: String(made['id']), secret: String(made['secret']) };
  };
  const [read, write, witness, spareKey] = await Promise.all([
    makeKey('reads', ['read']),
    makeKey('writes', ['write']),
    makeKey('witness', ['read']),
    makeKey('spare', ['read']),
  ]);

  const moved = options.sandboxUrl === undefined ? undefined : await makeAccounts(options.sandboxUrl, mark);
  const connect = async (system: 'affinity' | 'attio', workspace?: Workspace) => {
    const made = await make('/v1/connections', {
      name: `${system} ${mark}`,
      system,
      ...(workspace ? { baseUrl: workspace.url } : {}),
      credentials: { apiKey: workspace?.token ?? `secret-${mark}` },
    });
    return String(made['id']);
  };
  const source = await connect('affinity', moved?.affinity);
  const target = await connect('attio', moved?.attio);
  const spare = await connect('attio', moved?.attio);

  const describeJob = async (what: string) => {
    const body = { name: `${what} ${mark}`, source: { connectionId: source }, target: { connectionId: target } };
    return String((await make('/v1/jobs', body))['id']);
  };
  const jobId = await describeJob('moved');
  await describeJob('waits');
  if (moved) {
    await make(`/v1/jobs/${jobId}/start`, {});
    await untilEnded(client, full, jobId);
  }

  const idempotencyKey = `${mark}-used`;
  const recorded = await make('/v1/connections', recordedRequest, {
    prefer: 'respond-async',
    'idempotency-key': idempotencyKey,
  });
  return {
    name,
    mark,
    tenantId: tenant.id,
    keys: { full, read: read.secret, write: write.secret, witness: witness.secret },
    witnessKeyId: witness.id,
    connections: { source, target },
    ids: new Map([
      ['tenantId', tenant.id],
      ['keyId', spareKey.id],
      ['connectionId', spare],
      ['jobId', jobId],
      ['commandId', String(recorded['commandId'])],
    ]),
    idempotencyKey,
    hasMoved: moved !== undefined,
  };
};

const endedWithinMs = 60_000;

const untilEnded = async (client: HttpClient, key: string, jobId: string): Promise<void> => {
  const deadline = performance.now() + endedWithinMs;
  for (;;) {
    const answer = await client.ask({ method: 'GET', path: `/v1/jobs/${jobId}`, key });
    const { status } = jsonOf<{ status: string }>(answer);
    if (status === 'completed') return;
    if (!['created', 'running'].includes(status) || performance.now() > deadline) {
      throw new SetUpError(`the job that should move the test's records is ${status}`);
    }
    await sleep(100);
  }
};
