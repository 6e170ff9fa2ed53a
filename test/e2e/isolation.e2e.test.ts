/** The command, as an operator starts it. */
import type { IsolationSummary } from '@freight/isolation';
import { expect, it } from 'vitest';
import { newDataFolder, startCli } from './cliProcess.ts';

const summaryIn = (stdout: string): IsolationSummary =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as IsolationSummary;

it('finds no way across on a private platform, and covers every operation and table', async () => {
  const cli = startCli(['isolation', '--json'], newDataFolder());
  const code = await cli.ended;
  const { attempts, seconds: _, routesTotal, tablesTotal, ...summary } = summaryIn(cli.stdout());
  expect({ code, ...summary }, cli.stderr()).toEqual({
    code: 0,
    leaks: 0,
    unclear: 0,
    routesCovered: routesTotal,
    tablesCovered: tablesTotal,
    notTried: [],
    left: [],
  });
  expect(attempts).toBeGreaterThanOrEqual(500);
});
