import {
  type CommonConfig,
  createLogger,
  type RunningService,
  readConfigOrExit,
  runService,
  startTelemetry,
} from '@freight/runtime';
import type { ServiceDeps } from './parts.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The whole of a service's process: reads its settings, starts it, stops it in order on a signal. Never returns. */
export const runMain = async <C extends CommonConfig>(
  name: string,
  env: Env,
  readConfig: (env: Env) => C,
  compose: (config: C, deps: ServiceDeps) => Promise<RunningService>,
): Promise<never> => {
  const config = readConfigOrExit(() => readConfig(env));
  const logger = createLogger({ service: name, level: config.FREIGHT_LOG_LEVEL });
  const telemetry = await startTelemetry(name, env);
  return runService({
    name,
    logger,
    stopTimeoutMs: config.FREIGHT_STOP_TIMEOUT_MS,
    start: () => compose(config, { logger, telemetry }),
  });
};
