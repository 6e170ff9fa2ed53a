import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

/** One step of stopping. Steps run one after the other, in the order in which a service lists them. */
export interface StopStep {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

/** A service that has started. */
export interface RunningService {
  /** In this order: take nothing new, finish or give back what is at hand, close the connections. */
  readonly stopSteps: readonly StopStep[];
  /** Resolves when the service ends by itself, for example after its share of batches; rejects when it cannot go on. */
  readonly ended?: Promise<void>;
}

/** Runs the steps in order; a step that fails is reported and the next one runs. */
export const runStopSteps = async (steps: readonly StopStep[], logger: Logger): Promise<void> => {
  for (const step of steps) {
    try {
      await step.stop();
    } catch (error) {
      logger.error({ err: error, step: step.name }, 'a step of stopping failed');
    }
  }
};

export interface RunServiceOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly stopTimeoutMs: number;
  readonly start: () => Promise<RunningService>;
}

/**
 * The life of a service's process: start, wait for SIGTERM or SIGINT (or its own end), stop in order, exit 0. Exits 1 when the start
 * fails, its own end is a failure (after stopping in order) or the stop takes too long.
 */
export const runService = async (options: RunServiceOptions): Promise<never> => {
  const { logger } = options;
  const signalled = new Promise<string>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  process.on('unhandledRejection', error => {
    logger.fatal({ err: error }, 'a promise was rejected and nobody looked');
    process.exit(1);
  });
  let running: RunningService;
  try {
    running = await options.start();
  } catch (error) {
    logger.fatal({ err: error }, 'the service could not start');
    process.exit(1);
  }
  logger.info('started');
  let exitCode = 0;
  const ended = running.ended?.then(
    () => 'its work is done',
    (error: unknown) => {
      logger.fatal({ err: error }, 'the service cannot go on');
      exitCode = 1;
      return 'it cannot go on';
    },
  );
  const why = await Promise.race(ended ? [signalled, ended] : [signalled]);
  logger.info({ why }, 'stopping');
  const timer = setTimeout(() => {
    logger.fatal('stopping took too long');
    process.exit(1);
  }, options.stopTimeoutMs);
  await runStopSteps(running.stopSteps, logger);
  clearTimeout(timer);
  logger.info('stopped');
  process.exit(exitCode);
};

/** The exit code for "the configuration is wrong": starting again does not help. Source: sysexits.h, EX_CONFIG. */
const exitConfig = 78;

/** Reads a service's settings; when they are not usable, says on stderr what is wrong with each and ends the process with 78. */
export const readConfigOrExit = <C>(read: () => C): C => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(exitConfig);
  }
};
