import { rm } from 'node:fs/promises';
import { type Account, unprivilegedAccount } from './account.ts';
import { findServerBinaries, type ServerBinaries } from './binaries.ts';
import { createGuard, type Guard } from './guard.ts';
import { createRunFolder, removeDeadRuns } from './runFolder.ts';

/** Options that all starters share. */
export interface StartOptions {
  /** Where run folders are made: the project's data folder. Made when missing. */
  readonly dir: string;
  /**
   * True: what the server acknowledged survives a power cut, where it can promise that. False: faster, for tests.
   * A crash of the server alone loses nothing either way. Default true.
   */
  readonly durable?: boolean;
  /** Folders to look for the server programs in first, colon-separated: the caller's PATH. */
  readonly searchPath?: string;
  /** Told when a server ends without having been asked to. */
  readonly onUnexpectedExit?: (message: string) => void;
}

/** What the servers of one run share: a folder, the guard that outlives us, the account they run as, the programs. */
export interface Run {
  readonly folder: string;
  readonly guard: Guard;
  readonly account: Account | undefined;
  readonly binaries: ServerBinaries;
  readonly durable: boolean;
  readonly onUnexpectedExit: ((message: string) => void) | undefined;
  /** Removes the folder and ends the guard; the servers must have been stopped. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens a run, after removing what dead ones left. @throws ServerStartError */
export const openRun = async (options: StartOptions): Promise<Run> => {
  const account = unprivilegedAccount();
  const binaries = await findServerBinaries(options.searchPath);
  removeDeadRuns(options.dir);
  const folder = createRunFolder(options.dir, account);
  const guard = createGuard(folder);
  return {
    folder,
    guard,
    account,
    binaries,
    durable: options.durable ?? true,
    onUnexpectedExit: options.onUnexpectedExit,
    close: async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      guard.release();
    },
  };
};

/** A server with a run of its own. */
export interface Alone {
  /** Stops it and removes its data. Without it, both happen when this process ends. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts one server in a run of its own; nothing is left when that fails. */
export const startAlone = async <T extends { stop(): Promise<void> }>(
  options: StartOptions,
  launch: (run: Run) => Promise<T>,
): Promise<T & Alone> => {
  const run = await openRun(options);
  try {
    const server = await launch(run);
    const close = async () => {
      await server.stop();
      await run.close();
    };
    return Object.assign(server, { close });
  } catch (error) {
    await run.close();
    throw error;
  }
};
