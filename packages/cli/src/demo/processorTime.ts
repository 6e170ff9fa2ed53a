import { readdirSync, readFileSync } from 'node:fs';

/** A process and those that it started, by the name that the report gives them. */
export interface Measured {
  readonly name: string;
  readonly pid: number;
}

/** Seconds of processor time by name. */
export type ProcessorTimes = ReadonlyMap<string, number>;

/** Linux counts in hundredths of a second, whatever its own clock is. Source: proc(5), sysconf(_SC_CLK_TCK). */
const ticksPerSecond = 100;

interface Stat {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended and been waited for. */
  readonly former: number;
}

const readStat = (pid: number): Stat | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may itself hold spaces and parentheses.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, utime = 0, stime = 0, cutime = 0, cstime = 0] = [fields[1], ...fields.slice(11, 15)];
    return { parent, own: utime + stime, former: cutime + cstime };
  } catch {
    return undefined;
  }
};

/**
 * How much processor time each of these has used since it started, with its children: PostgreSQL does its work in them.
 * Empty where there is no /proc.
 */
export const readProcessorTimes = (measured: readonly Measured[]): ProcessorTimes => {
  const times = new Map<string, number>();
  let pids: number[];
  try {
    pids = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return times;
  }
  const stats = new Map(
    pids.flatMap(pid => {
      const stat = readStat(pid);
      return stat ? [[pid, stat] as const] : [];
    }),
  );
  for (const { name, pid } of measured) {
    const stat = stats.get(pid);
    if (!stat) continue;
    let ticks = stat.own;
    // Our own children are measured under names of their own.
    if (pid !== process.pid) {
      ticks += stat.former;
      for (const child of stats.values()) if (child.parent === pid) ticks += child.own + child.former;
    }
    times.set(name, (times.get(name) ?? 0) + ticks / ticksPerSecond);
  }
  return times;
};

/** What was used between two readings, the largest first. A process that was started anew in between counts from its start. */
export const usedBetween = (before: ProcessorTimes, after: ProcessorTimes): readonly (readonly [string, number])[] =>
  [...after]
    .map(([name, seconds]) => [name, Math.max(0, seconds - Math.min(before.get(name) ?? 0, seconds))] as const)
    .toSorted((a, b) => b[1] - a[1]);
