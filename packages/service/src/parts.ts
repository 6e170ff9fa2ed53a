import type { NatsService } from '@freight/contracts';
import {
  createMetrics,
  type Logger,
  type Metrics,
  type RunningService,
  runStopSteps,
  type StopStep,
  type Telemetry,
} from '@freight/runtime';

/** What a service gets from its process, or from a test. */
export interface ServiceDeps {
  readonly logger: Logger;
  readonly telemetry?: Telemetry;
  readonly now?: () => Date;
}

/** A service while it starts: what its parts share, and where each says how it stops. */
export interface Parts {
  readonly service: NatsService;
  /** `freight-<service>`: how Postgres, NATS and Redis know its connections. */
  readonly name: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A part has started. What started last stops first. */
  onStop(name: string, stop: StopStep['stop']): void;
  /** This one stops when all others have. */
  onStopLast(name: string, stop: StopStep['stop']): void;
}

/** Starts a service part by part. When one of them cannot start, those that did are stopped again before the error is thrown. */
export const startParts = async <S extends object>(
  service: NatsService,
  given: ServiceDeps,
  start: (parts: Parts) => Promise<S>,
): Promise<S & RunningService> => {
  const { logger, telemetry } = given;
  const steps: StopStep[] = [];
  const last: StopStep[] = [];
  const parts: Parts = {
    service,
    name: `freight-${service}`,
    logger,
    metrics: createMetrics(),
    onStop: (name, stop) => void steps.unshift({ name, stop }),
    onStopLast: (name, stop) => void last.unshift({ name, stop }),
  };
  // The spans of all that stops before it are sent too, and no connection stays open for a collector that is away.
  parts.onStop('telemetry', () => telemetry?.stop());
  try {
    const started = await start(parts);
    return { ...started, stopSteps: [...steps, ...last] };
  } catch (error) {
    await runStopSteps([...steps, ...last], logger);
    throw error;
  }
};
