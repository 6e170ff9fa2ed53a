import type { Context } from '../context.ts';
import { command } from '../sides/makeSide.ts';
import { findTrace } from '../sides/side.ts';
import { fillPath } from './provide.ts';

/** Longer than a stream waits between two looks into the log. */
const listenMs = 1500;

/** Follows A's own streams while things happen to B. */
export const followStreams = async (context: Context): Promise<void> => {
  const { client, record, a, b } = context;
  for (const operation of context.operations.filter(one => one.streams && !one.operatorsOnly)) {
    const path = fillPath(operation.path, name => a.ids.get(name));
    for (const lastEventId of ['0', '1000000']) {
      await record.attempt(
        {
          floor: 'http',
          name: operation.name,
          tried: `A's own stream after version ${lastEventId}, while B makes a job and cancels it`,
          expected: 'no trace of B',
        },
        async () => {
          const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId };
          const heard = await client.listen({ method: 'GET', path, key: a.keys.full, headers }, listenMs, async () => {
            const { source, target } = b.connections;
            const body = {
              name: `heard ${b.mark}`,
              source: { connectionId: source },
              target: { connectionId: target },
            };
            const { id } = await command(client, b.keys.full, { path: '/v1/jobs', body });
            await command(client, b.keys.full, { path: `/v1/jobs/${String(id)}/cancel`, body: {} });
          });
          if (heard.status !== 200) throw new Error(`A's own stream was answered with ${heard.status}`);
          return findTrace(heard.body, b);
        },
      );
    }
  }
};
