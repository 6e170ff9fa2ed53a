import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { type CliProcess, eventually, familyOf, livingOf, newDataFolder, startCli } from './cliProcess.ts';

const run = promisify(execFile);
const dataFolder = newDataFolder();
const started: CliProcess[] = [];

afterAll(async () => {
  for (const one of started) one.kill('SIGKILL');
  await Promise.all(started.map(one => one.ended));
  const left = started.flatMap(one => familyOf(one.pid));
  await eventually(
    () => `the end of ${JSON.stringify(left)}`,
    () => livingOf(left).length === 0,
    20_000,
  );
  rmSync(dataFolder, { recursive: true, force: true });
});

const up = async () => {
  const cli = startCli(['up'], dataFolder);
  started.push(cli);
  let isOver = false;
  void cli.ended.then(() => (isOver = true));
  await eventually(
    () => `the end of the start: ${cli.stderr()}`,
    () => isOver || cli.stderr().includes('Ctrl-C stops everything'),
    90_000,
  );
  const line = (name: string) => new RegExp(`^${name} +(\\S.*)$`, 'm').exec(cli.stdout())?.[1] ?? '';
  return { ...cli, gateway: line('gateway'), operatorKey: line('operator key') };
};

/** What the printed commands use of curl, for a machine that has none (a fresh Debian). */
const curlStandIn = `
  const args = process.argv.slice(1), headers = {};
  let method, body, url;
  for (let arg; (arg = args.shift()) !== undefined; ) {
    if (arg === '-sS') continue;
    else if (arg === '-X') method = args.shift();
    else if (arg === '-H') { const [, name, value] = /^([^:]+): (.*)$/.exec(args.shift()); headers[name] = value; }
    else if (arg === '-d' || arg === '--data-binary') body = args.shift();
    else url = arg;
  }
  fetch(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body })
    .then(answer => answer.text()).then(text => process.stdout.write(text));`;

/** Runs commands in bash as somebody would who has pasted them. */
const paste = (commands: string) =>
  run('bash', ['--norc', '-c', `command -v curl >/dev/null || curl() { "$NODE" -e "$CURL" -- "$@"; }\n${commands}`], {
    env: { PATH: process.env['PATH'], NODE: process.execPath, CURL: curlStandIn },
  });

const call = async (key: string, url: string, body?: unknown) => {
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, Record<string, string>> };
};

/** Nothing that the process had started may outlive it by more than the seconds of putting it away. */
const expectGone = (family: ReturnType<typeof familyOf>) =>
  eventually(
    () => `the end of ${JSON.stringify(livingOf(family))}`,
    () => livingOf(family).length === 0,
    20_000,
  );

it('keeps its data from one start to the next, after Ctrl-C as after SIGKILL', async () => {
  const first = await up();
  const operator = /^frt_dev_\w{32}/.exec(first.operatorKey)?.[0] ?? '';
  const made = await call(operator, `${first.gateway}/v1/tenants`, { name: 'Birch', slug: 'birch' });
  expect(made.status).toBe(201);
  const key = made.body['apiKey']?.['secret'] ?? '';

  // A second one leaves at once, names the first, and does it no harm.
  const second = startCli(['up'], dataFolder);
  started.push(second);
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toContain(
    `up in this folder already (process ${first.pid}, its gateway on port ${new URL(first.gateway).port})`,
  );

  // The printed commands work as they are.
  const script = /^G=[^]*?(?=^Logs: )/m.exec(first.stderr())?.[0] ?? '';
  const wait = `for i in $(seq 60); do api $KEY $G/v1/jobs/$JOB | grep -q '"status":"completed"' && break; sleep 1; done`;
  const { stdout, stderr } = await paste(script.replace('sleep 3;', `${wait};`));
  expect(stderr).toBe('');
  expect(stdout).toContain('"status":"completed"');
  expect(stdout).toContain('"companies":1,"people":2,"autoCreatedCompanies":0');

  let family = familyOf(first.pid);
  // Itself, its guard, three servers, four services of which one twice, the sandbox; PostgreSQL has helpers of its own.
  expect(family.length).toBeGreaterThanOrEqual(11);
  first.kill('SIGINT');
  expect(await first.ended).toBe(0);
  await expectGone(family);

  const again = await up();
  expect(again.stdout()).not.toContain(operator);
  expect(again.operatorKey).toMatch(/^made at the first start; it is in /);
  expect(again.gateway).toBe(first.gateway);
  expect((await call(key, `${again.gateway}/v1/connections`)).status).toBe(200);
  expect((await call(operator, `${again.gateway}/v1/tenants`)).status).toBe(200);

  family = familyOf(again.pid);
  again.kill('SIGKILL');
  await again.ended;
  // At once: it waits for those who clean up.
  const third = await up();
  await expectGone(family);
  expect((await call(key, `${third.gateway}/v1/connections`)).status).toBe(200);
  expect(third.gateway).toMatch(/^http:/);
  family = familyOf(third.pid);
  third.kill('SIGTERM');
  expect(await third.ended).toBe(0);
  await expectGone(family);
  expect(readdirSync(dataFolder)).toEqual(['up']);
});
