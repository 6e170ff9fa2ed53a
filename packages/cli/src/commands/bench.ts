import { benches } from '../bench/index.ts';
import type { BenchRow } from '../bench/row.ts';
import type { Command } from '../commandLine.ts';
import { InterruptedError } from '../errors.ts';
import { listenForInterrupt } from './interrupt.ts';
import { dataFolder, root } from './project.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const render = (row: BenchRow): string =>
  `${row.met ? '✓' : '✗'} ${row.name}: ${row.ours}\n    ${row.beside}: ${row.theirs} · ratio ${row.ratio} (${row.spread.join(' to ')}) · ${row.mark}\n`;

/** `freight bench`: measures and prints rows as they come. @returns 0 exactly when every mark is met. */
export const benchCommand = async (command: Extract<Command, { name: 'bench' }>): Promise<number> => {
  const signal = listenForInterrupt(() => say('Stopping …'));
  let allMet = true;
  for await (const row of benches[command.bench]({ root, dir: dataFolder, say, signal })) {
    allMet &&= row.met;
    process.stdout.write(command.json ? `${JSON.stringify(row)}\n` : render(row));
    if (signal.aborted) throw new InterruptedError();
  }
  return allMet ? 0 : 1;
};
