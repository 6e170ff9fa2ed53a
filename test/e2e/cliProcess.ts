/** `./freight` as a process of its own, as a person starts it: what the launcher hands over to, with nothing of this process's settings. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export const root = join(import.meta.dirname, '../..');

/** A data folder that is nobody else's, and that the servers' account may enter. */
export const newDataFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-cli-'));
  chmodSync(folder, 0o755);
  return folder;
};

export interface CliProcess {
  readonly pid: number;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** @param settings more variables. */
export const startCli = (
  args: readonly string[],
  dataFolder: string,
  settings: Readonly<Record<string, string>> = {},
): CliProcess => {
  const foreign = Object.entries(process.env).filter(([name]) => !/^(FREIGHT_|OTEL_|NODE_|VITEST)/.test(name));
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    ['--conditions=@freight/source', join(root, 'packages/cli/src/main.ts'), ...args],
    {
      cwd: root,
      env: { ...Object.fromEntries(foreign), FREIGHT_DATA_DIR: dataFolder, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', data => (stdout += String(data)));
  child.stderr.on('data', data => (stderr += String(data)));
  const ended = new Promise<number | NodeJS.Signals | null>(resolve =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return {
    pid: Number(child.pid),
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    kill: signal => void child.kill(signal),
  };
};

/** Waits for a condition. @throws with the given words when it does not come. */
export const eventually = async (what: () => string, condition: () => boolean, withinMs: number): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms for ${what()}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
}

const processes = (): Row[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), startedAt: rest[17] ?? '' }];
      } catch {
        return [];
      }
    });

/** The process and all that it has started, directly or not. */
export const familyOf = (pid: number): readonly Row[] => {
  const all = processes();
  const family = all.filter(one => one.pid === pid);
  for (const member of family) family.push(...all.filter(one => one.parent === member.pid));
  return family;
};

/** Those of them that still live. */
export const livingOf = (family: readonly Row[]): readonly Row[] => {
  const all = processes();
  return family.filter(one => all.some(other => other.pid === one.pid && other.startedAt === one.startedAt));
};
