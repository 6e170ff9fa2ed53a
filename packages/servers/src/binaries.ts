import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerMissingError } from './errors.ts';

const run = promisify(execFile);

export type ServerName = 'postgres' | 'nats' | 'redis';

/** A server program as found on this machine. Usable exactly when `problem` is absent. */
export interface ServerBinary {
  readonly name: ServerName;
  /** The server program; absent when none was found. */
  readonly path?: string;
  readonly version?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
  /** The package that brings it on Debian and Ubuntu. */
  readonly aptPackage: string;
}

export type ServerBinaries = Readonly<Record<ServerName, ServerBinary>>;

/** The oldest versions that Freight's tests have passed on: those of Debian 12. */
const floors = { postgres: [15, 0], nats: [2, 9], redis: [7, 0] } as const;

/** Servers live in folders that an ordinary user's PATH often lacks. */
const standardFolders = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/homebrew/bin',
];

/** Debian keeps each major version of PostgreSQL in a folder of its own, outside of every PATH; newest first. */
const postgresFolders = (): string[] => {
  try {
    return readdirSync('/usr/lib/postgresql')
      .sort((a, b) => Number(b) - Number(a))
      .map(version => `/usr/lib/postgresql/${version}/bin`);
  } catch {
    return [];
  }
};

/**
 * Looks for the three servers and asks each for its version. Never throws: what is missing or too old says so in `problem`.
 * @param searchPath folders to look into first, colon-separated (the caller's PATH).
 */
export const findServerBinaries = async (searchPath = ''): Promise<ServerBinaries> => {
  const folders = [...searchPath.split(':').filter(folder => folder !== ''), ...standardFolders];
  const [postgres, nats, redis] = await Promise.all([
    // initdb must come from the same installation as the server.
    examine('postgres', 'postgresql', [...folders, ...postgresFolders()], 'postgres', ['--version'], ['initdb']),
    examine('nats', 'nats-server', folders, 'nats-server', ['--version']),
    examine('redis', 'redis-server', folders, 'redis-server', ['--version']),
  ]);
  return { postgres, nats, redis };
};

const examine = async (
  name: ServerName,
  aptPackage: string,
  folders: readonly string[],
  program: string,
  versionArgs: string[],
  companions: readonly string[] = [],
): Promise<ServerBinary> => {
  let tooOld: ServerBinary | undefined;
  for (const folder of new Set(folders)) {
    const path = join(folder, program);
    if (![program, ...companions].every(file => isExecutable(join(folder, file)))) continue;
    const version = await versionOf(path, versionArgs);
    if (version === undefined) continue;
    if (isAtLeast(version, floors[name])) return { name, path, version, aptPackage };
    tooOld ??= {
      name,
      path,
      version,
      aptPackage,
      problem: `version ${version} is older than ${floors[name].join('.')}`,
    };
  }
  return tooOld ?? { name, aptPackage, problem: 'not installed' };
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const versionOf = async (path: string, args: string[]): Promise<string | undefined> => {
  try {
    const { stdout, stderr } = await run(path, args, { timeout: 10_000, cwd: '/' });
    return /\d+\.\d+(\.\d+)?/.exec(`${stdout}${stderr}`)?.[0];
  } catch {
    return undefined;
  }
};

const isAtLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
};

/**
 * The path of a server that can be used.
 * @throws ServerMissingError with the line that installs it.
 */
export const usablePath = (binary: ServerBinary): string => {
  if (binary.path !== undefined && binary.problem === undefined) return binary.path;
  throw new ServerMissingError(
    `${binary.name}: ${binary.problem ?? 'not installed'}. Install it, e.g. with: sudo apt-get install ${binary.aptPackage}`,
  );
};
