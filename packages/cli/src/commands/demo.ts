import { availableParallelism } from 'node:os';
import type { Command } from '../commandLine.ts';
import { generate } from '../data/generate.ts';
import { readVcCrm } from '../data/readVcCrm.ts';
import { createProgress } from '../demo/progress.ts';
import { renderReport } from '../demo/report.ts';
import { runDemo } from '../demo/runDemo.ts';
import { InterruptedError } from '../errors.ts';
import { startPlatform, trust } from '../platform/index.ts';
import { listenForInterrupt } from './interrupt.ts';
import { dataFolder, root } from './project.ts';

/** Any number will do; the same one gives the same demo everywhere. */
const demoSeed = 20_240_601;

const screen = {
  get isTTY() {
    return process.stderr.isTTY;
  },
  get columns() {
    return process.stderr.columns ?? 100;
  },
  write: (text: string) => void process.stderr.write(text),
};

/**
 * `freight demo`: brings everything up, moves a CRM, proves it, stops everything. Progress on stderr, the result on stdout.
 * @returns 0 exactly when nothing was lost or doubled, every relation was kept and all counts add up.
 */
export const demoCommand = async (command: Extract<Command, { name: 'demo' }>): Promise<number> => {
  // Bad data is told before anything is started.
  const data = command.dataDir === undefined ? generate({ seed: demoSeed }) : await readVcCrm(command.dataDir);
  const progress = createProgress(screen, data.organizations.length + data.persons.length + data.opportunities.length);
  const signal = listenForInterrupt(() => progress.say('Stopping …'));
  const platform = await startPlatform({
    root,
    dir: dataFolder,
    realLimits: command.realLimits,
    tls: command.tls,
    onNotice: text => progress.say(text),
    onStep: text => progress.say(`${text.charAt(0).toUpperCase()}${text.slice(1)}`),
    signal,
  });
  if (platform.caFile !== undefined) trust(platform.caFile);
  try {
    const result = await runDemo(platform, { data, realLimits: command.realLimits, progress, signal });
    if (!result.summary.ok) progress.say(`The logs of all services are in ${platform.keepLogs()}`);
    process.stdout.write(
      command.json ? `${JSON.stringify(result.summary)}\n` : renderReport(result, availableParallelism()),
    );
    return result.summary.ok ? 0 : 1;
  } catch (error) {
    if (signal.aborted) throw new InterruptedError();
    progress.say(`The logs of all services are in ${platform.keepLogs()}`);
    throw error;
  } finally {
    progress.end();
    await platform.stop();
  }
};
