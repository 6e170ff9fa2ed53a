import { rm } from 'node:fs/promises';
import { type Account, unprivilegedAccount } from './account.ts';
import type { Authority } from './authority.ts';
import { findServerBinaries, type ServerBinaries, type ServerName } from './binaries.ts';
import { ServerStartError } from './errors.ts';
import { createGuard, createLockingGuard, type Guard } from './guard.ts';
import { type Kept, leaveKept, prepareKept, refuseIfUsed, takeKept } from './keptFolder.ts';
import { createRunFolder, removeDeadRuns } from './runFolder.ts';
import { openRunTls, type RunTls } from './runTls.ts';

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
  /**
   * A folder that outlives the run: PostgreSQL's cluster and NATS's store stay there, and the next run goes on with them. One run at a
   * time uses it. Without it all data goes with the run. Redis forgets either way: nothing in it has to be kept.
   */
  readonly keep?: string;
  /**
   * True: all connections are encrypted, with certificates of an authority that is made for this run, and plain ones are refused; NATS and
   * Redis ask for a certificate of the client's too.
   */
  readonly tls?: boolean;
  /** Users of Redis beside the administrator, with the rules of each, as `ACL SETUSER` takes them. */
  readonly redisUsers?: Readonly<Record<string, readonly string[]>>;
  /** Told when a server ends without having been asked to. */
  readonly onUnexpectedExit?: (message: string, server: ServerName) => void;
}

/** What the servers of one run share: a folder, the guard that outlives us, the account they run as, the programs. */
export interface Run {
  readonly folder: string;
  /** Where data goes that may outlive the run: a kept folder, or the run's own. */
  readonly data: string;
  /** Whether `data` outlives the run. */
  readonly keeps: boolean;
  readonly guard: Guard;
  readonly account: Account | undefined;
  readonly binaries: ServerBinaries;
  readonly durable: boolean;
  /** Undefined: connections are plain. */
  readonly tls: RunTls | undefined;
  readonly redisUsers: NonNullable<StartOptions['redisUsers']>;
  readonly onUnexpectedExit: StartOptions['onUnexpectedExit'] | undefined;
  /** Removes the folder and ends the guard; the servers must have been stopped. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens a run, after removing what dead ones left. @throws ServerStartError | FolderInUseError */
export const openRun = async (options: StartOptions): Promise<Run> => {
  const account = unprivilegedAccount();
  const kept = options.keep === undefined ? undefined : prepareKept(options.keep, account);
  if (kept) refuseIfUsed(kept);
  const binaries = await findServerBinaries(options.searchPath);
  const tls = options.tls ? await openRunTls(account) : undefined;
  removeDeadRuns(options.dir);
  const folder = createRunFolder(options.dir, account);
  const guard = await startGuard(folder, kept).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    folder,
    data: kept?.data ?? folder,
    keeps: kept !== undefined,
    guard,
    account,
    binaries,
    durable: options.durable ?? true,
    tls,
    redisUsers: options.redisUsers ?? {},
    onUnexpectedExit: options.onUnexpectedExit,
    close: async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      if (kept) leaveKept(kept);
      guard.release();
    },
  };
};

/** A run that was killed leaves its guard at work for some seconds, and the guard holds the lock until it is done. */
const lockWithinSeconds = 15;

/** Starts the guard and, where data is kept, takes that over. @throws ServerStartError | FolderInUseError */
const startGuard = async (folder: string, kept: Kept | undefined): Promise<Guard> => {
  if (!kept) return createGuard(folder);
  for (let waited = 0; waited < lockWithinSeconds; waited++) {
    // Whoever was quicker by a moment has said by now who it is.
    refuseIfUsed(kept);
    const guard = await createLockingGuard(folder, kept, 1);
    if (!guard) continue;
    await takeKept(kept);
    return guard;
  }
  throw new ServerStartError(`${kept.folder} stayed locked for ${lockWithinSeconds} s by something that is no run.`);
};

/** A server with a run of its own. */
export interface Alone {
  /** Where its certificate comes from; undefined where connections are plain. */
  readonly authority: Authority | undefined;
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
    return Object.assign(server, { close, authority: run.tls?.authority });
  } catch (error) {
    await run.close();
    throw error;
  }
};
