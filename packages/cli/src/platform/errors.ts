import { FreightError } from '@freight/kernel';

/** A process of the platform did not start. The message names it, says how it ended and holds its last log lines. */
export class ServiceStartError extends FreightError {
  override readonly name = 'ServiceStartError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, { code: 'service_start_failed', retry: 'terminal', ...options });
  }
}
