import { FreightError } from '@freight/kernel';

/** A private server could not be brought up. The message names the server, how it ended and its last log lines. */
export class ServerStartError extends FreightError {
  override readonly name = 'ServerStartError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, { code: 'server_start_failed', retry: 'terminal', ...options });
  }
}

/** A server program is not installed, or too old. The message says what to install. */
export class ServerMissingError extends FreightError {
  override readonly name = 'ServerMissingError';
  constructor(message: string) {
    super(message, { code: 'server_missing', retry: 'terminal' });
  }
}
