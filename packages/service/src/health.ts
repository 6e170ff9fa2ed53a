import type { Bus } from '@freight/bus';
import { type CommonConfig, type ReadinessCheck, startHealth } from '@freight/runtime';
import type { Parts } from './parts.ts';

/** Ready while there is a connection. */
export const isConnected =
  (bus: Bus): ReadinessCheck =>
  () =>
    bus.isConnected() ? Promise.resolve() : Promise.reject(new Error('not connected'));

/** The check, whose reason to fail is in the log: once while it stays the same, since the platform asks every few seconds. */
const explained = (parts: Parts, name: string, check: ReadinessCheck): ReadinessCheck => {
  let told: string | undefined;
  return async () => {
    try {
      await check();
      told = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told) parts.logger.warn({ err: error, check: name }, 'not ready');
      told = reason;
      throw error;
    }
  };
};

/**
 * Opens /healthz, /readyz and /metrics, and says in the log where they are. Called last: it stops being ready before anything stops, and
 * answers until everything has.
 * @param checks what the service cannot work without, by name.
 * @param doors the ports of what else has opened, for the same line of the log.
 * @returns the port.
 */
export const startHealthDoor = async (
  parts: Parts,
  config: CommonConfig,
  checks: Readonly<Record<string, ReadinessCheck>>,
  doors: Readonly<Record<string, number>> = {},
): Promise<number> => {
  const health = await startHealth({
    port: config.FREIGHT_HEALTH_PORT,
    host: config.FREIGHT_HEALTH_HOST,
    registry: parts.metrics.registry,
    checks: Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, explained(parts, name, check)])),
  });
  parts.onStop('not ready', () => health.drain());
  parts.onStopLast('health', () => health.stop());
  parts.logger.info({ ...doors, healthPort: health.port }, 'listening');
  return health.port;
};
