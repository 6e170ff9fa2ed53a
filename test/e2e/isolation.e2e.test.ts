/** The command, as an operator starts it: on a private platform, and on one that runs already. */
import type { Platform } from '@freight/cli/platform';
import type { IsolationSummary } from '@freight/isolation';
import { afterAll, expect, it } from 'vitest';
import { newDataFolder, startCli } from './cliProcess.ts';
import { startTestPlatform } from './platform.ts';

let platform: Platform | undefined;
afterAll(() => platform?.stop());

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

it('names what it was given no address for, and leaves its tenants suspended on a platform of somebody else', async () => {
  platform = await startTestPlatform();
  const cli = startCli(['isolation', '--json', '--url', platform.urls.gateway], newDataFolder(), {
    FREIGHT_OPERATOR_KEY: platform.operatorKey,
  });
  const code = await cli.ended;
  const summary = summaryIn(cli.stdout());
  expect({ code, leaks: summary.leaks, unclear: summary.unclear }, cli.stderr()).toEqual({
    code: 0,
    leaks: 0,
    unclear: 0,
  });
  expect(summary.notTried.map(one => one.split(':')[0])).toEqual(['http', 'sql', 'nats', 'redis']);
  expect(summary.tablesTotal).toBe(0);
  const answer = await fetch(`${platform.urls.gateway}/v1/tenants?limit=200`, {
    headers: { authorization: `Bearer ${platform.operatorKey}` },
  });
  const { items } = (await answer.json()) as { items: { slug: string; status: string }[] };
  expect(items.map(one => one.status)).toEqual(items.map(() => 'suspended'));
  expect(summary.left).toHaveLength(items.length);
  expect(cli.stderr()).not.toContain(platform.operatorKey);
});
