import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export interface QueryObserverOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A slower statement is logged: its text and duration, never its parameters. Milliseconds. */
  readonly slowMs: number;
}

/** Told of every statement: counts its time and names the slow ones. */
export const createQueryObserver =
  ({ logger, metrics, slowMs }: QueryObserverOptions) =>
  (text: string, durationMs: number): void => {
    metrics.databaseQuerySeconds.observe(durationMs / 1000);
    if (durationMs > slowMs) logger.warn({ statement: text, durationMs: Math.round(durationMs) }, 'slow query');
  };

/** Keeps the gauge of connections current. @returns a function that ends it. */
export const watchConnections = (
  connections: { readonly held: number; readonly waiting: number },
  metrics: Metrics,
): (() => void) => {
  const timer = setInterval(() => {
    metrics.databaseConnections.set({ state: 'held' }, connections.held);
    metrics.databaseConnections.set({ state: 'waiting' }, connections.waiting);
  }, 1000);
  timer.unref();
  return () => clearInterval(timer);
};
