import type { ConnectionSchema } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import type { Deps } from '../../deps.ts';
import { type Answer, notFound } from '../../http/answer.ts';
import type { RouteRequest } from '../../http/defineRoute.ts';
import { getConnectionSchema } from '../../queries/connectionSchemas.query.ts';
import { getConnection } from '../../queries/connections.query.ts';

/**
 * What the system behind a connection holds: as it was read last, or read anew when that is older than `maxAgeMs`.
 * @returns the answer instead where there is none: no such connection, a system that refuses, or a reading that goes on in the background.
 */
export const readSchema = async (
  deps: Deps,
  request: RouteRequest,
  connectionId: string,
  maxAgeMs: number,
): Promise<{ readonly schema: ConnectionSchema } | { readonly answer: Answer }> => {
  const { tenantId } = request.caller;
  if (!(await getConnection(deps.db, tenantId, connectionId))) return { answer: notFound() };
  const vault = await deps.vault.of(tenantId);
  const kept = await getConnectionSchema(deps.db, vault, tenantId, connectionId);
  if (kept && deps.now().getTime() - Date.parse(kept.readAt) <= maxAgeMs) return { schema: kept };
  // Several of them may be read for one request: no idempotency key names all of them, and reading twice does no harm.
  const answer = await sendCommand(
    deps,
    { ...request, headers: {} },
    { service: 'workers', type: 'read-schema', prepare: () => ({ body: { connectionId } }) },
  );
  if (answer.status !== 200) return { answer };
  const schema = await getConnectionSchema(deps.db, vault, tenantId, connectionId);
  return schema ? { schema } : { answer: notFound() };
};
