import { type Attempt, createRecorder, type Floor, type Recorder } from './attempt.ts';
import type { Context } from './context.ts';
import { createHttpClient, type HttpClient, jsonOf } from './http/client.ts';
import { type HttpPart, tryHttp } from './http/index.ts';
import { smallLimits } from './http/limits.ts';
import { type Operation, readOperations } from './http/openapi.ts';
import { timing, tryTimings } from './http/timing.ts';
import { tryNats } from './nats/index.ts';
import type { NatsLogin } from './nats/logins.ts';
import { type RedisLogin, tryRedis } from './redis/index.ts';
import { cleanUp } from './sides/cleanUp.ts';
import { type BareTenant, makeSide, makeTenant, SetUpError } from './sides/makeSide.ts';
import type { Side } from './sides/side.ts';
import { trySql } from './sql/index.ts';

/** Where a platform can be reached. What is not named is not tried. */
export interface Target {
  /** The gateways of one platform. */
  readonly urls: readonly string[];
  readonly operatorKey: string;
  /** The stand-ins for the CRMs; without them no records are moved. */
  readonly sandboxUrl?: string | undefined;
  /** The database, by the role that logs in. */
  readonly databaseUrls?: ReadonlyMap<string, string> | undefined;
  /** The database, as a superuser. */
  readonly adminUrl?: string | undefined;
  readonly nats?: readonly NatsLogin[] | undefined;
  readonly redis?: readonly RedisLogin[] | undefined;
}

export interface IsolationOptions {
  readonly target: Target;
  /** Only these floors; all when not said. */
  readonly floors?: readonly Floor[];
  /** Only these parts of the floor of the API; all when not said. */
  readonly httpParts?: readonly HttpPart[];
  /** Of the timing test, for each of both. */
  readonly samples?: number;
  readonly onStep: (text: string) => void;
  readonly onAttempt?: (attempt: Attempt) => void;
}

export interface IsolationResult {
  readonly record: Recorder;
  /** What the test leaves on the platform. */
  readonly left: readonly string[];
  readonly seconds: number;
}

/** The two tenants, and all that the floors need of the platform. */
export interface Prepared {
  readonly client: HttpClient;
  readonly operations: readonly Operation[];
  readonly resolve: Context['resolve'];
  readonly a: Side;
  readonly b: Side;
  readonly limited: { readonly noisy: BareTenant; readonly quiet: BareTenant };
  /** All tenants that were made. */
  readonly tenants: readonly BareTenant[];
}

/** Reads the API's document and makes two tenants full of marked data, and two small ones for the limits. @throws SetUpError */
export const prepare = async (target: Target, tenants: BareTenant[]): Promise<Prepared> => {
  const client = createHttpClient(target.urls);
  const document = await client.ask({ method: 'GET', path: '/openapi.json' });
  if (document.status !== 200) throw new SetUpError(`/openapi.json was answered with ${document.status}`);
  const { operations, resolve } = readOperations(jsonOf(document));
  const onTenant = (tenant: BareTenant) => void tenants.push(tenant);
  const make = (name: 'A' | 'B') =>
    makeSide({ client, operatorKey: target.operatorKey, name, onTenant, sandboxUrl: target.sandboxUrl });
  const limited = async (name: string) => {
    const tenant = await makeTenant(client, target.operatorKey, name, smallLimits);
    onTenant(tenant);
    return tenant;
  };
  const [a, b] = [await make('A'), await make('B')];
  const [noisy, quiet] = [await limited('noisy'), await limited('quiet')];
  return { client, operations, resolve, a, b, limited: { noisy, quiet }, tenants };
};

/** Tries the floors, one after the other. A floor without an address is named as not tried. */
export const tryFloors = async (prepared: Prepared, record: Recorder, options: IsolationOptions): Promise<void> => {
  const { target } = options;
  const start = performance.now();
  const onStep = (text: string) =>
    options.onStep(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  const wants = (floor: Floor) => options.floors?.includes(floor) ?? true;
  const context: Context = { ...prepared, record, gateways: target.urls.length };
  if (!prepared.a.hasMoved) record.skip('http: staged records and outcomes (no sandbox to move any from)');
  const [a, b] = [prepared.a.tenantId, prepared.b.tenantId];
  /** A floor that breaks off has proven nothing, and does not keep the others from being tried. */
  const tryFloor = async (floor: Floor, what: string, run: () => Promise<void>): Promise<void> => {
    if (!wants(floor)) return;
    onStep(`${floor}: ${what}`);
    try {
      await run();
    } catch (error) {
      const trial = { floor, name: 'the whole floor', tried: what, expected: 'to be tried to the end' };
      await record.attempt(trial, () => Promise.reject(error instanceof Error ? error : new Error(String(error))));
    }
  };
  await tryFloor('http', 'every operation with the other tenant’s ids', () =>
    tryHttp(context, prepared.limited, options.httpParts),
  );
  await tryFloor('timing', `medians of ${options.samples ?? timing.samples}`, () =>
    tryTimings(context, options.samples),
  );
  await tryFloor('sql', 'every verb as every role on every table', async () => {
    if (target.databaseUrls?.size) {
      await trySql({ record, urls: target.databaseUrls, adminUrl: target.adminUrl, a, b });
    } else record.skip('sql: no address of the database');
  });
  await tryFloor('nats', 'subjects, streams and consumers', () =>
    tryNats({ context, urls: target.urls, logins: target.nats ?? [] }),
  );
  await tryFloor('redis', 'keys and users', () => tryRedis({ context, logins: target.redis ?? [] }));
};

/**
 * Makes two tenants on a platform, tries to cross from one to the other in every way that is known, and takes the tenants out of use.
 * @throws SetUpError when the platform cannot be used for it.
 */
export const runIsolation = async (options: IsolationOptions): Promise<IsolationResult> => {
  const { target, onStep } = options;
  const start = performance.now();
  const record = createRecorder(options.onAttempt);
  const tenants: BareTenant[] = [];
  let prepared: Prepared | undefined;
  let left: readonly string[] = [];
  try {
    onStep('making two tenants with marked data');
    prepared = await prepare(target, tenants);
    await tryFloors(prepared, record, options);
  } finally {
    const client = prepared?.client ?? createHttpClient(target.urls);
    onStep('taking the tenants out of use');
    left = await cleanUp(client, target.operatorKey, prepared?.operations ?? [], tenants).catch((error: unknown) => [
      `the tenants could not be taken out of use: ${String(error)}`,
    ]);
    client.close();
  }
  return { record, left, seconds: (performance.now() - start) / 1000 };
};
