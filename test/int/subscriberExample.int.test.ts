/** The program of docs/how-to/subscribe.md, run as it is printed there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';
import { startJobLog, type TestJobLog } from './subscriber.ts';

const program = join(import.meta.dirname, 'subscriberExample.ts');
const page = join(import.meta.dirname, '../../docs/how-to/subscribe.md');
const folder = mkdtempSync(join(tmpdir(), 'freight-subscriber-'));
let f: GatewayFixture;
let jobs: TestJobLog;
beforeAll(async () => {
  f = await startGatewayFixture();
  jobs = startJobLog(f);
});
afterAll(async () => {
  await jobs?.stop();
  await f?.stop();
  rmSync(folder, { recursive: true });
});

describe('the subscriber in the how-to', () => {
  it('is this program', () => {
    const [, shown] = /```ts\n([^]*?)```/.exec(readFileSync(page, 'utf8')) ?? [];
    expect(shown?.trim()).toBe(
      readFileSync(program, 'utf8')
        .replace(/^\/\/.*\n/, '')
        .trim(),
    );
  });

  it('gets every event in order, also after the broker was lost, and ends when it is told to', {
    timeout: 60_000,
  }, async () => {
    const tenant = await f.tenant();
    const answer = await f.api.call('POST', '/v1/subscriptions', {
      key: tenant.key,
      body: { name: 'Warehouse', filter: { aggregate: 'jobs' } },
    });
    const file = join(folder, 'subscription.json');
    writeFileSync(file, answer.text, { mode: 0o600 });
    const subscriber = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    subscriber.stdout.on('data', data => (printed += String(data)));
    const versions = () =>
      printed
        .trim()
        .split('\n')
        .map(line => Number(line.split(' ').at(-1)));
    const jobId = newId();
    await jobs.append(tenant.id, jobId, 3);
    await until('three are there', () => versions().length >= 3, 20_000);
    await f.nats.wipe();
    await jobs.append(tenant.id, jobId, 2);
    await until('five are there', () => versions().length >= 5, 40_000);
    expect(versions()).toEqual([1, 2, 3, 4, 5]);
    subscriber.kill('SIGTERM');
    const [code] = (await once(subscriber, 'exit')) as [number];
    expect(code).toBe(0);
  });
});
