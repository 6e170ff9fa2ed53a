import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** What a program says about itself when it starts. */
export interface LogFacts {
  /** Port of its public door. */
  readonly port?: number;
  /** Port of /healthz, /readyz and /metrics. */
  readonly healthPort?: number;
  /** The sandbox's address. */
  readonly url?: string;
}

/** Bytes; 0 for a file that is not there. */
export const logSize = (file: string): number => {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
};

/** The log from the given place (bytes) to its end; empty when there is none. */
export const readLogFrom = (file: string, since: number): string => {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - since));
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, since)).toString('utf8');
  } finally {
    closeSync(handle);
  }
};

const parseLine = (line: string): Record<string, unknown> | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Cut short: the program is writing it right now.
    return undefined;
  }
};

/** Collects the facts from the JSON lines of a log; a later line wins. Lines that are not JSON are passed over. */
export const readLogFacts = (text: string): LogFacts => {
  let facts: LogFacts = {};
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (!entry) continue;
    if (typeof entry['healthPort'] === 'number') facts = { ...facts, healthPort: entry['healthPort'] };
    if (typeof entry['port'] === 'number' && entry['message'] === 'listening')
      facts = { ...facts, port: entry['port'] };
    if (typeof entry['url'] === 'string' && entry['message'] === undefined) facts = { ...facts, url: entry['url'] };
  }
  return facts;
};

const linesMax = 12;
const lineLengthMax = 2_000;

/** A log line for a person: the message and, where there is one, the error with its causes. */
const humanLine = (line: string): string => {
  const entry = parseLine(line);
  if (!entry) return line;
  const reasons: string[] = [];
  let error = entry['err'] as Record<string, unknown> | undefined;
  while (error && reasons.length < 5) {
    if (typeof error['message'] === 'string') reasons.push(error['message']);
    error = error['cause'] as Record<string, unknown> | undefined;
  }
  const { level, message } = entry;
  const words = [typeof message === 'string' ? message : line, ...reasons].join(': ');
  return typeof level === 'string' ? `${level}: ${words}` : words;
};

/** The last lines that a program printed since the given place in its log, indented below a line of their own; says so when there are none. */
export const readLastWords = (logFile: string, since: number): string => {
  const text = readLogFrom(logFile, since).trimEnd();
  if (text === '') return ' It printed nothing.';
  const lines = text.split('\n').slice(-linesMax).map(humanLine).join('\n').split('\n');
  return ` Its last lines:\n${lines.map(line => `  ${line.slice(0, lineLengthMax)}`).join('\n')}`;
};
