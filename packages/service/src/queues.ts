import type { Bus } from '@freight/bus';
import type { StreamName } from '@freight/contracts';
import type { Metrics } from '@freight/runtime';
import type { Parts } from './parts.ts';

const depthEveryMs = 5000;

/** Keeps the gauge of queue depths current. @param queues durables of the stream. */
export const watchQueues = (parts: Parts, bus: Bus, stream: StreamName, queues: readonly string[]): void => {
  const timer = setInterval(() => {
    for (const queue of queues) {
      void bus.depth(stream, queue).then(count => {
        if (count !== undefined) parts.metrics.queueDepth.set({ queue }, count);
      });
    }
  }, depthEveryMs);
  parts.onStop('queue gauge', () => clearInterval(timer));
};

/** Counts a message that a queue's consumer is done with. */
export const countHandled = (
  metrics: Metrics,
  queue: string,
  handled: { readonly ageMs: number; readonly disposition: string },
): void => {
  metrics.messagesHandled.inc({ queue, disposition: handled.disposition });
  metrics.queueAgeSeconds.observe({ queue }, handled.ageMs / 1000);
};
