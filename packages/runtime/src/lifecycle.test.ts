import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runStopSteps } from './lifecycle.ts';
import { createLogger } from './logger.ts';

const runtime = JSON.stringify(join(import.meta.dirname, 'index.ts'));

/** Runs a service's main program; `act` is told of each line that it logs. */
const run = (
  service: string,
  act: (message: string, child: { kill(signal: NodeJS.Signals): void }) => void = () => {},
): Promise<{
  code: number | null;
  signal: string | null;
  messages: string[];
  stderr: string;
  lines: Record<string, unknown>[];
}> =>
  new Promise(resolve => {
    const program = `
      import { createLogger, parseConfig, readConfigOrExit, runService, setting } from ${runtime};
      const logger = createLogger({ service: 'test', level: 'info' });
      const keep = setInterval(() => {}, 1000);
      ${service}`;
    const child = spawn(process.execPath, ['--conditions=@freight/source', '--input-type=module', '-e', program], {
      env: { PATH: process.env['PATH'] },
    });
    const lines: Record<string, unknown>[] = [];
    let rest = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      rest += data.toString();
      const whole = rest.split('\n');
      rest = whole.pop() ?? '';
      for (const text of whole) {
        const line = JSON.parse(text) as Record<string, unknown>;
        lines.push(line);
        act(String(line['message']), { kill: signal => child.kill(signal) });
      }
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    child.on('exit', (code, signal) =>
      resolve({ code, signal, stderr, lines, messages: lines.map(line => String(line['message'])) }),
    );
  });

const service = (stopSteps: string, more = '') =>
  `await runService({ name: 'test', logger, stopTimeoutMs: 5000, start: async () => ({ stopSteps: [${stopSteps}] ${more} }) });`;
const step = (name: string, body = '') => `{ name: '${name}', stop: async () => { logger.info('${name}'); ${body} } }`;

describe('the steps of stopping', () => {
  it('run one after the other, and one that fails does not keep the next from running', async () => {
    const ran: string[] = [];
    const lines: string[] = [];
    const logger = createLogger({ service: 't', level: 'info', destination: { write: line => lines.push(line) } });
    const slow = async (name: string) => {
      ran.push(`${name} begins`);
      await new Promise(resolve => setTimeout(resolve, 10));
      ran.push(`${name} ends`);
    };
    await runStopSteps(
      [
        { name: 'one', stop: () => slow('one') },
        { name: 'two', stop: () => Promise.reject(new Error('two fails')) },
        {
          name: 'three',
          stop: () => {
            throw new Error('three fails');
          },
        },
        { name: 'four', stop: () => slow('four') },
      ],
      logger,
    );
    expect(ran).toEqual(['one begins', 'one ends', 'four begins', 'four ends']);
    expect(lines.map(line => (JSON.parse(line) as { step: string }).step)).toEqual(['two', 'three']);
  });
});

describe.concurrent('a service’s process', { timeout: 30_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops in order on %s and exits with 0', async signal => {
    const ended = await run(
      service(`${step('first')}, ${step('second', "throw new Error('x')")}, ${step('third')}`),
      (message, child) => {
        if (message === 'started') child.kill(signal);
      },
    );
    expect(ended.messages).toEqual([
      'started',
      'stopping',
      'first',
      'second',
      'a step of stopping failed',
      'third',
      'stopped',
    ]);
    expect([ended.code, ended.lines[1]?.['why']]).toEqual([0, signal]);
  });

  it('stops in order and exits with 0 when its work is done', async () => {
    const ended = await run(service(step('first'), ', ended: new Promise(resolve => setTimeout(resolve, 20))'));
    expect(ended.messages).toEqual(['started', 'stopping', 'first', 'stopped']);
    expect(ended.code).toBe(0);
  });

  it('stops in order and exits with 1 when its work fails', async () => {
    const ended = await run(
      service(step('first'), ", ended: new Promise((_, reject) => setTimeout(() => reject(new Error('broken')), 20))"),
    );
    expect(ended.messages).toContain('first');
    expect(ended.code).toBe(1);
  });

  it('that is told to stop while it starts stops when it has started', async () => {
    const starting = `await runService({ name: 'test', logger, stopTimeoutMs: 5000, start: async () => {
      logger.info('starting');
      await new Promise(resolve => setTimeout(resolve, 100));
      return { stopSteps: [${step('first')}] };
    } });`;
    const ended = await run(starting, (message, child) => {
      if (message === 'starting') child.kill('SIGTERM');
    });
    expect(ended.messages).toEqual(['starting', 'started', 'stopping', 'first', 'stopped']);
    expect(ended.code).toBe(0);
  });

  it('exits with 1 and says why when it cannot start', async () => {
    const ended = await run(
      `await runService({ name: 'test', logger, stopTimeoutMs: 5000, start: () => Promise.reject(new Error('no database')) });`,
    );
    expect([ended.code, ended.messages]).toEqual([1, ['the service could not start']]);
    expect(ended.lines[0]).toMatchObject({ level: 'fatal', err: { message: 'no database' } });
  });

  it('exits with 1 when stopping takes too long', async () => {
    const ended = await run(
      `await runService({ name: 'test', logger, stopTimeoutMs: 100, start: async () => ({ stopSteps: [${step('hangs', 'await new Promise(() => {});')}, ${step('never')}] }) });`,
      (message, child) => {
        if (message === 'started') child.kill('SIGTERM');
      },
    );
    expect([ended.code, ended.messages.at(-1)]).toEqual([1, 'stopping took too long']);
    expect(ended.messages).not.toContain('never');
  });

  it('exits with 1 when a promise is rejected and nobody looks', async () => {
    const ended = await run(`
      setTimeout(() => void Promise.reject(new Error('unseen')), 50);
      ${service(step('first'))}`);
    expect([ended.code, ended.messages]).toEqual([1, ['started', 'a promise was rejected and nobody looked']]);
  });

  it('exits with 78 and names every wrong setting when its configuration is not usable', async () => {
    const ended = await run(
      `readConfigOrExit(() => parseConfig({ FREIGHT_A: 'geheim', FREIGHT_X: '1' }, { FREIGHT_A: setting.whole(1, 1, 2), FREIGHT_B: setting.text() }));`,
    );
    expect(ended.code).toBe(78);
    for (const name of ['FREIGHT_A', 'FREIGHT_B is missing', 'FREIGHT_X is not a setting'])
      expect(ended.stderr).toContain(name);
    expect(ended.stderr).not.toContain('geheim');
  });
});
