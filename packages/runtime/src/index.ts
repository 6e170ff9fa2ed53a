export { type CommonConfig, ConfigError, commonSettings, parseConfig, type Secret, secret, setting } from './config.ts';
export { type HealthServer, type ReadinessCheck, startHealth } from './health.ts';
export { type RunningService, readConfigOrExit, runService, runStopSteps, type StopStep } from './lifecycle.ts';
export { createLogger, describeError, type Logger } from './logger.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createQueryObserver, watchConnections } from './observeDatabase.ts';
export { startTelemetry, type Telemetry } from './telemetry.ts';
