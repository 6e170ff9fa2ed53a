import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinaries } from '@freight/servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { natsInitCommand } from './natsInit.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'freight-nats-init-'));
const out = join(folder, 'keys');
let printed = '';
const init = () => natsInitCommand({ name: 'nats init', out, accountsDir: join(folder, 'accounts') });

beforeAll(async () => {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => ((printed += String(text)), true));
  await init();
  write.mockRestore();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('nats init', () => {
  it('makes a configuration that nats-server takes', async () => {
    const config = join(folder, 'nats.conf');
    writeFileSync(config, `jetstream { store_dir: ${JSON.stringify(folder)} }\ninclude "keys/accounts.conf"\n`);
    const { path = '' } = (await findServerBinaries()).nats;
    const { stderr } = await run(path, ['-t', '-c', config]);
    expect(stderr).toContain('configuration file');
    expect(stderr).toContain('is valid');
  });

  it('says of each file that it makes where it goes, and lets nobody else read the secret ones', () => {
    const files = readdirSync(out);
    for (const name of files) expect(printed).toContain(join(out, name));
    for (const name of readdirSync(out).filter(one => one !== 'accounts.conf'))
      expect(statSync(join(out, name)).mode & 0o077).toBe(0);
  });

  it('keeps the keys when it is run again', async () => {
    const read = () => readFileSync(join(out, 'keys.json'), 'utf8');
    const before = read();
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await init();
    write.mockRestore();
    expect(read()).toBe(before);
  });
});
