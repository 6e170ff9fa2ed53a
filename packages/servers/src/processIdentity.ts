import { readdirSync, readFileSync } from 'node:fs';

/**
 * When the process started, in the kernel's own clock ticks, as text; undefined when there is no such process.
 * With the pid it names one process for good: a pid alone may meanwhile belong to somebody else.
 * A zombie counts as gone. Where there is no /proc, a living process answers 'unknown'.
 */
export const processStartedAt = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return hasProc() || !isAlive(pid) ? undefined : 'unknown';
  }
};

/** True while exactly this process lives. */
export const isSameProcess = (pid: number, startedAt: string): boolean => processStartedAt(pid) === startedAt;

/**
 * The pids of processes that name the folder in their command line, this process left out.
 * A net below the list of known pids: it also finds a server whose parent died before it could tell of it. Empty without /proc.
 */
export const processesNaming = (folder: string): readonly number[] => {
  if (!hasProc()) return [];
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter(pid => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return args.some(arg => arg === folder || arg.startsWith(`${folder}/`));
      } catch {
        return false;
      }
    });
};

/** Sends the signal; a process that is already gone, or not ours, is no error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone in the meantime: what we wanted.
  }
};

const hasProc = (): boolean => {
  try {
    return readFileSync('/proc/self/stat', 'utf8').length > 0;
  } catch {
    return false;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
