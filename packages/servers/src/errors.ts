import { FreightError } from '@freight/kernel';

/** A private server could not be brought up. The message names the server, how it ended and its last log lines. */
export class ServerStartError extends FreightError {
  override readonly name = 'ServerStartError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, { code: 'server_start_failed', retry: 'terminal', ...options });
  }
}

/** A kept folder is used by another run, which lives. */
export class FolderInUseError extends FreightError {
  override readonly name = 'FolderInUseError';
  /** The process that uses it. */
  readonly pid: number;
  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}.`, { code: 'folder_in_use', retry: 'retryable' });
    this.pid = pid;
  }
}

/** A server program is not installed, or too old. The message says what to install. */
export class ServerMissingError extends FreightError {
  override readonly name = 'ServerMissingError';
  constructor(message: string) {
    super(message, { code: 'server_missing', retry: 'terminal' });
  }
}
