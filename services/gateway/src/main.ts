import { createLogger, readConfigOrExit, runService, startTelemetry } from '@freight/runtime';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

const config = readConfigOrExit(() => readConfig(process.env));
const logger = createLogger({ service: 'gateway', level: config.FREIGHT_LOG_LEVEL });
const telemetry = await startTelemetry('gateway', process.env);
await runService({
  name: 'gateway',
  logger,
  stopTimeoutMs: config.FREIGHT_STOP_TIMEOUT_MS,
  start: () => compose(config, { logger, telemetry }),
});
