/** How tests use a key until it is dead. */
import { expect } from 'vitest';
import { type Api, type GatewayFixture, until } from './gatewayFixture.ts';

/** Settings under which no test that asks all the time is slowed. */
export const quick = { requestsPerSecond: 10_000, requestBurst: 10_000 };

export const use = async (api: Api, key: string): Promise<number> =>
  (await api.call('GET', '/v1/jobs?limit=1', { key })).status;

/** A further key of a tenant, known to both the log and every one of the gateways. */
export const makeKey = async (
  f: GatewayFixture,
  by: string,
  warm: readonly Api[],
): Promise<{ readonly id: string; readonly secret: string }> => {
  const made = await f.api.call('POST', '/v1/api-keys', { key: by, body: { label: 'further' } });
  expect([201, 202]).toContain(made.status);
  const { secret } = made.body;
  let id: string | undefined = made.body.id;
  // A busy machine may take longer to answer than these tests let a gateway wait.
  await until('the key is made', async () => {
    if (id !== undefined) return true;
    const command = await f.api.call('GET', `/v1/commands/${made.body.commandId}`, { key: by });
    id = command.body.reply?.body.id;
    return id !== undefined;
  });
  for (const api of warm) expect(await use(api, secret)).toBe(200);
  return { id: id ?? '', secret };
};

/**
 * Uses a key again and again until it is refused, and a little longer.
 * @returns when it was refused first and when it was taken last, milliseconds from `since`.
 */
export const useToTheEnd = async (
  api: Api,
  key: string,
  since: number,
  options: { readonly refusals?: readonly number[]; readonly everyMs?: number; readonly forMs?: number } = {},
): Promise<{ readonly refusedAfterMs: number; readonly takenAfterMs: number }> => {
  const refusals = options.refusals ?? [401];
  let refusedAfterMs = Number.POSITIVE_INFINITY;
  let takenAfterMs = Number.NEGATIVE_INFINITY;
  const end = since + 3000;
  while (performance.now() < Math.min(end, since + refusedAfterMs + (options.forMs ?? 300))) {
    const asked = performance.now();
    const status = await use(api, key);
    if (refusals.includes(status)) refusedAfterMs = Math.min(refusedAfterMs, performance.now() - since);
    // It counts when it was asked: an answer that was on its way is no use of a dead key.
    else takenAfterMs = Math.max(takenAfterMs, asked - since);
    await new Promise(resolve => setTimeout(resolve, options.everyMs ?? 5));
  }
  return { refusedAfterMs, takenAfterMs };
};
