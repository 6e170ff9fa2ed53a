import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep } from '@freight/kernel';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createService, type ManagedService } from './service.ts';

const folder = mkdtempSync(join(tmpdir(), 'freight-service-'));
const running: ManagedService[] = [];
afterEach(() => Promise.all(running.splice(0).map(service => service.stop(0))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const eventually = async (what: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !what(); i++) await sleep(50);
  expect(what()).toBe(true);
};

let programs = 0;
/** A program that says that it is ready and then does what `body` says. */
const create = (body: string, options: { recycles?: boolean; notices?: string[] } = {}): ManagedService => {
  const name = `program-${++programs}`;
  const main = join(folder, `${name}.mjs`);
  writeFileSync(main, body);
  const service = createService({
    name,
    recycles: options.recycles ?? false,
    onNotice: message => options.notices?.push(message),
    onSpawned: () => {},
    spec: () => ({
      name,
      main,
      cwd: folder,
      env: { PATH: '/usr/bin:/bin' },
      logFile: join(folder, `${name}.log`),
      isReady: facts => Promise.resolve(facts.url !== undefined),
    }),
  });
  running.push(service);
  return service;
};

const ready = `console.log(JSON.stringify({ url: 'http://127.0.0.1:1' })); setInterval(() => {}, 1000);`;

describe('a service', () => {
  it('that cannot start says how it ended and its last words, and leaves nothing', async () => {
    const service = create(`console.error('the disk is made of cheese'); process.exit(3);`);
    await expect(service.start()).rejects.toThrow(/did not start \(exit code 3\)[^]*made of cheese/);
    expect(service.pid).toBeUndefined();
  });

  it('that falls over is started again, with a notice', async () => {
    const notices: string[] = [];
    const service = create(ready, { notices });
    await service.start();
    const { pid = 0 } = service;
    process.kill(pid, 'SIGKILL');
    await eventually(() => service.pid !== undefined && service.pid !== pid);
    expect(notices[0]).toMatch(/ended unexpectedly \(ended by SIGKILL\)/);
  });

  it('that asks for a fresh process by leaving with 0 gets one, without a notice', async () => {
    const notices: string[] = [];
    const service = create(`${ready} setTimeout(() => process.exit(0), 300);`, { recycles: true, notices });
    await service.start();
    const { pid } = service;
    await eventually(() => service.pid !== undefined && service.pid !== pid);
    expect(notices).toEqual([]);
  });

  it('that was killed on purpose stays down until it is wanted again', async () => {
    const service = create(ready);
    await service.start();
    await service.kill();
    await sleep(600);
    expect(service.pid).toBeUndefined();
    await service.restart();
    expect(service.pid).toBeTypeOf('number');
  });

  it('that does not listen to SIGTERM is gone after the grace period', async () => {
    const service = create(`process.on('SIGTERM', () => {}); ${ready}`);
    await service.start();
    const { pid = 0 } = service;
    await service.stop(200);
    expect(isAlive(pid)).toBe(false);
  });

  it('leaves when whoever started it was killed', async () => {
    const main = join(folder, 'orphan.mjs');
    writeFileSync(main, ready);
    const parent = join(folder, 'parent.ts');
    const childProcess = fileURLToPath(new URL('./childProcess.ts', import.meta.url));
    writeFileSync(
      parent,
      `import { startProgram } from ${JSON.stringify(childProcess)};
       const program = await startProgram({ name: 'orphan', main: ${JSON.stringify(main)}, cwd: '/', env: {},
         logFile: ${JSON.stringify(join(folder, 'orphan.log'))}, isReady: facts => Promise.resolve(facts.url !== undefined) });
       console.log(program.pid);
       setInterval(() => {}, 1000);`,
    );
    const starter = spawn(process.execPath, ['--conditions=@freight/source', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(
      await new Promise<string>(resolve => starter.stdout.once('data', data => resolve(String(data)))),
    );
    expect(isAlive(pid)).toBe(true);
    starter.kill('SIGKILL');
    await eventually(() => !isAlive(pid));
  });
});
