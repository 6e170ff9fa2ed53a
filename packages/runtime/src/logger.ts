import { trace } from '@opentelemetry/api';
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  readonly destination?: DestinationStream;
}

/**
 * JSON lines with the trace they belong to. Errors are reduced to what we know to be harmless: a driver's or a vendor's error object may
 * carry parameters, URLs or bodies.
 */
export const createLogger = (options: LoggerOptions): Logger =>
  pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      messageKey: 'message',
      mixin: () => {
        const span = trace.getActiveSpan()?.spanContext();
        return span ? { traceId: span.traceId, spanId: span.spanId } : {};
      },
      serializers: { err: describeError, error: describeError },
      redact: {
        paths: [
          'authorization',
          '*.authorization',
          'apiKey',
          '*.apiKey',
          'password',
          '*.password',
          'secret',
          '*.secret',
        ],
        censor: '[secret]',
      },
    },
    // Written at once: of what still waits to be written, a process that exits loses or turns round its last words.
    options.destination ?? destination({ dest: 1, sync: true }),
  );

/** How many causes are told: a chain may be a ring. */
const causesMax = 8;

/** Name, code, message and stack of an error and of its causes; nothing else of it. */
export const describeError = (error: unknown): object => describe(error, causesMax);

const describe = (error: unknown, causes: number): object => {
  if (!(error instanceof Error))
    return { message: typeof error === 'string' ? error : 'something that is no Error was thrown' };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? { code: error.code } : {};
  return {
    name: error.name,
    ...code,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describe(error.cause, causes - 1) }),
  };
};
