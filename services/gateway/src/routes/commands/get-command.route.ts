import { commandView, uuid } from '@freight/contracts';
import { z } from 'zod';
import { findCommand } from '../../commands/commandRecords.ts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';

export const getCommandRoute = defineRoute({
  method: 'get',
  path: '/v1/commands/{commandId}',
  operationId: 'getCommand',
  tag: 'commands',
  summary: 'Read what became of a command',
  description: 'While it is `pending`, ask again after `Retry-After` seconds.',
  scope: 'read',
  params: z.strictObject({ commandId: uuid }),
  responses: { 200: { description: 'The command and, when it is done, its reply.', schema: commandView } },
  problems: ['not_found'],
  handle: async ({ caller, params }, deps) => {
    const record = await findCommand(deps.db, caller.tenantId, { id: params.commandId });
    if (!record) return notFound();
    const { reply } = record;
    return {
      status: 200,
      body: {
        id: record.id,
        type: record.type,
        state: reply ? 'done' : 'pending',
        reply: reply ? { status: reply.status, body: reply.body } : null,
        createdAt: record.createdAt.toISOString(),
        repliedAt: record.repliedAt?.toISOString() ?? null,
      },
      ...(reply ? {} : { headers: { 'retry-after': '1' } }),
    };
  },
});
