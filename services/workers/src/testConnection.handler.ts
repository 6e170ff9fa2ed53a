import type { CommandHandler } from '@freight/commands';
import { type ConnectionTest, problem, type workerCommands } from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import type { z } from 'zod';
import type { Connections } from './connections.ts';

/** How long a check may take before the answer is "no answer", milliseconds. */
const checkTimeoutMs = 20_000;

/** What the check says; a connection that is not there is no verdict. */
const check = async (
  connections: Connections,
  tenantId: string,
  connectionId: string,
): Promise<ConnectionTest | undefined> => {
  try {
    const connector = await connections.checkable(tenantId, connectionId);
    return await connector.check(AbortSignal.timeout(checkTimeoutMs));
  } catch (error) {
    if (!(error instanceof FreightError)) throw error;
    if (error.code === 'connection_missing') return undefined;
    return { ok: false, account: null, problems: [{ code: error.code, detail: error.message }] };
  }
};

/** Tries a connection; whatever comes of it is the answer. */
export const createTestConnection =
  (connections: Connections): CommandHandler<z.output<(typeof workerCommands)['test-connection']>> =>
  async ({ envelope, body }) => {
    const verdict = await check(connections, envelope.tenantId, body.connectionId);
    return () =>
      Promise.resolve(
        verdict ? { status: 200, body: { ...verdict } } : { status: 404, body: { ...problem('not_found') } },
      );
  };
