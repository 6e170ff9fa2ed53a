import { sleep } from '@freight/kernel';

/** One event of a stream: its id resumes the stream after it. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

export interface EventStreamOptions {
  /** The next events, oldest first; none when there are none yet. */
  readonly next: () => Promise<readonly StreamEvent[]>;
  /** Calls back when there may be something new; returns how to end that. */
  readonly onNews: (wake: () => void) => { stop(): void };
  /** Looks for new events at least so often. Milliseconds. */
  readonly pollMs: number;
  /** Says "still here" at least so often, for proxies that close what is silent. Milliseconds. */
  readonly heartbeatMs: number;
  readonly signals: readonly AbortSignal[];
  readonly onError: (error: unknown) => void;
  readonly onEnd: () => void;
}

/** How long the last bytes may take when a stream is ended from our side, milliseconds. */
const cutOffAfterMs = 1000;

const format = (event: StreamEvent): string =>
  `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;

/**
 * Server-sent events: sends what is there, then what comes, until the client leaves, may no longer read, or the gateway stops.
 * A slow client is waited for: the next events are read when it has taken the last ones. Source: HTML standard, "Server-sent events".
 */
export const openEventStream = (options: EventStreamOptions): ReadableStream<Uint8Array> => {
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...options.signals]);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  // The reader's side is gone: nothing more to do here.
  const end = () => ended.abort();
  writer.closed.then(end, end);
  // A client that has stopped reading would let the last write wait for ever.
  const cutOff = () => setTimeout(() => void writer.abort().catch(() => {}), cutOffAfterMs).unref();
  signal.addEventListener('abort', cutOff, { once: true });
  const encoder = new TextEncoder();
  const write = (text: string) => writer.write(encoder.encode(text));

  let news = new AbortController();
  const subscription = options.onNews(() => news.abort());

  const run = async (): Promise<void> => {
    await write(': freight\n\n');
    let silentSince = performance.now();
    while (!signal.aborted) {
      news = new AbortController();
      const events = await options.next();
      if (events.length > 0) {
        await write(events.map(format).join(''));
        silentSince = performance.now();
        continue;
      }
      if (performance.now() - silentSince >= options.heartbeatMs) {
        await write(': still here\n\n');
        silentSince = performance.now();
      }
      await sleep(options.pollMs, AbortSignal.any([signal, news.signal]));
    }
  };

  const runToTheEnd = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      // A client that leaves while something is written to it is no error.
      if (!ended.signal.aborted) options.onError(error);
    } finally {
      subscription.stop();
      options.onEnd();
      await writer.close().catch(() => {});
    }
  };
  void runToTheEnd();
  return readable;
};
