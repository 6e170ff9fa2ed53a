import type { Context } from '../context.ts';
import { command } from '../sides/makeSide.ts';
import type { Side } from '../sides/side.ts';

/** Something happens to a tenant: a job is made and cancelled. */
export const act = async ({ client }: Context, side: Side): Promise<void> => {
  const { source, target } = side.connections;
  const body = { name: `seen ${side.mark}`, source: { connectionId: source }, target: { connectionId: target } };
  const { id } = await command(client, side.keys.full, { path: '/v1/jobs', body });
  await command(client, side.keys.full, { path: `/v1/jobs/${String(id)}/cancel`, body: {} });
};
