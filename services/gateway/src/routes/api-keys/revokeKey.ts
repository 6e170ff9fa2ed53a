import { subjects } from '@freight/contracts';
import type { z } from 'zod';
import { sendCommand } from '../../commands/sendCommand.ts';
import type { Deps } from '../../deps.ts';
import type { Answer } from '../../http/answer.ts';
import type { RouteRequest } from '../../http/defineRoute.ts';
import type { CommandHeaders } from '../../http/fields.ts';
import type { revokeQuery } from './keyFields.ts';

/** Tells every gateway that a key of the tenant is held. Who does not hear it sees it in the next heartbeat, or asks Postgres anyway. */
const makeKnown = async ({ db, bus }: Deps, tenantId: string): Promise<void> => {
  const position = await db.withoutTenant(async sql => {
    const [row] = await sql<{ position: number }[]>`
      update revocation_position set position = position + 1 returning position`;
    return row?.position;
  });
  if (position !== undefined && bus.isConnected()) bus.broadcast(subjects.revoked(tenantId), { tenantId, position });
};

/**
 * Revokes a key. Its 202 promises as much as its 204: from then on nobody gets in with the key, although the event of it is still to
 * come. Should the command be refused in the end (the last key that may write), the key is free again.
 */
export const revokeKey = async (
  deps: Deps,
  request: RouteRequest<unknown, z.output<typeof revokeQuery>, CommandHeaders>,
  key: { readonly tenantId: string; readonly keyId: string },
): Promise<Answer> => {
  const { tenantId, keyId } = key;
  const answer = await sendCommand(deps, request, {
    service: 'tenants',
    type: 'revoke-api-key',
    prepare: () => ({ tenantId, body: { keyId, force: request.query.force === 'true' } }),
    holdsKey: keyId,
  });
  if (answer.status === 202) await makeKnown(deps, tenantId);
  return answer;
};
