import { FreightError } from '@freight/kernel';

/** The SQLSTATE of a driver error, or the driver's own code (`CONNECTION_CLOSED`, …); undefined for anything else. */
export const sqlState = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
};

/** A unique or primary key was taken. Source: PostgreSQL, appendix A, 23505. */
export const isUniqueViolation = (error: unknown): boolean => sqlState(error) === '23505';

const transientDriverCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
]);

/** The connection that said this is gone or about to be: nothing may be sent on it. Source: PostgreSQL, appendix A; severity FATAL ends a session. */
export const isConnectionLost = (error: unknown): boolean => {
  const code = sqlState(error);
  if (code === undefined || error instanceof FreightError) return false;
  const severity = (error as { severity_local?: unknown; severity?: unknown }).severity;
  return transientDriverCodes.has(code) || code.startsWith('08') || severity === 'FATAL' || severity === 'PANIC';
};

/** Whether the same transaction may succeed later: lost or refused connections, shutdowns, conflicts of concurrency, full servers. */
export const isTransient = (error: unknown): boolean => {
  if (error instanceof FreightError) return error.retry === 'retryable';
  const code = sqlState(error);
  if (code === undefined) return false;
  return (
    transientDriverCodes.has(code) ||
    code.startsWith('08') ||
    code.startsWith('53') ||
    code.startsWith('57P0') ||
    code === '40001' ||
    code === '40P01'
  );
};
