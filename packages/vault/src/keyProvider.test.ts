import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyDirectory } from './index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'freight-keys-'));
  await writeFile(join(directory, 'deployment.key'), randomBytes(32));
});
afterEach(() => rm(directory, { recursive: true }));

/** A tenant's first key, as a process that has just started gets it. */
const keyOf = async (tenant: string) =>
  (await (await openKeyDirectory(directory)).ring(tenant)).key(1) ?? Buffer.alloc(0);
const keyFile = (tenant: string) => join(directory, 'tenants', `${tenant}.key`);

describe('a key directory', () => {
  it('makes a tenant’s key on first use and gives the same one ever after', async () => {
    const key = await keyOf('a');
    expect(key).toHaveLength(32);
    expect(await keyOf('a')).toEqual(key);
    expect(await keyOf('b')).not.toEqual(key);
  });

  it('keeps the key wrapped, for its user only, and leaves nothing else behind', async () => {
    const key = await keyOf('a');
    const stored = await readFile(keyFile('a'));
    expect(stored.includes(key)).toBe(false);
    expect((await stat(keyFile('a'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, 'tenants'))).toEqual(['a.key']);
  });

  it('gives one key to all processes that make it at once', { timeout: 30_000 }, async () => {
    const program = `
      import { openKeyDirectory } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
      const keys = await openKeyDirectory(${JSON.stringify(directory)});
      process.stdout.write('ready\\n');
      await new Promise(resolve => process.stdin.once('data', resolve));
      const made = await Promise.all(Array.from({ length: 50 }, (_, i) => keys.ring('t' + i)));
      process.stdout.write(JSON.stringify(made.map(ring => ring.key(1).toString('hex'))));
      process.exit(0);`;
    const processes = Array.from({ length: 3 }, () => {
      const child = spawn(process.execPath, ['--conditions=@freight/source', '--input-type=module', '-e', program]);
      let output = '';
      let complaint = '';
      const ready = Promise.withResolvers<void>();
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.startsWith('ready\n')) ready.resolve();
      });
      child.stderr.on('data', (data: Buffer) => {
        complaint += data.toString();
      });
      const ended = new Promise<string>((resolve, reject) => {
        child.on('exit', code => {
          if (code === 0) resolve(output.slice('ready\n'.length));
          else reject(new Error(complaint));
          ready.resolve();
        });
      });
      return { child, ready: ready.promise, ended };
    });
    await Promise.all(processes.map(one => one.ready));
    for (const { child } of processes) child.stdin.write('go');
    const answers = await Promise.all(processes.map(one => one.ended));
    expect(new Set(answers).size).toBe(1);
    expect(new Set(JSON.parse(answers[0] ?? '[]') as string[]).size).toBe(50);
    expect(await readdir(join(directory, 'tenants'))).toHaveLength(50);
  });

  it('without a deployment key, or with one of another length, says what to make and how', async () => {
    for (const change of [
      () => rm(join(directory, 'deployment.key')),
      () => writeFile(join(directory, 'deployment.key'), 'short'),
      () => writeFile(join(directory, 'deployment.key'), randomBytes(33)),
    ]) {
      await change();
      await expect(openKeyDirectory(directory)).rejects.toMatchObject({
        code: 'deployment_key_missing',
        message: expect.stringContaining('head -c 32 /dev/urandom > deployment.key') as string,
      });
    }
  });

  it('refuses a key of another deployment, of another tenant, or a damaged one, instead of making a new one', async () => {
    const key = await keyOf('a');
    const stored = await readFile(keyFile('a'));
    const ask = keyOf;
    await writeFile(keyFile('b'), stored);
    await expect(ask('b')).rejects.toMatchObject({ code: 'key_mismatch', retry: 'terminal' });
    for (const bytes of [Buffer.alloc(0), stored.subarray(1), Buffer.concat([stored, Buffer.of(1)])]) {
      await writeFile(keyFile('a'), bytes);
      await expect(ask('a')).rejects.toMatchObject({ code: 'key_damaged' });
    }
    for (const i of [0, 20, 59]) {
      const changed = Buffer.from(stored);
      changed[i] = (changed[i] ?? 0) ^ 1;
      await writeFile(keyFile('a'), changed);
      await expect(ask('a')).rejects.toMatchObject({ code: 'key_mismatch' });
    }
    await writeFile(keyFile('a'), stored);
    expect(await ask('a')).toEqual(key);
    await writeFile(join(directory, 'deployment.key'), randomBytes(32));
    await expect(ask('a')).rejects.toMatchObject({ code: 'key_mismatch' });
  });

  it('tries again after a failure', async () => {
    const keys = await openKeyDirectory(directory);
    await writeFile(keyFile('a'), 'damaged');
    await expect(keys.ring('a')).rejects.toMatchObject({ code: 'key_damaged' });
    await rm(keyFile('a'));
    expect((await keys.ring('a')).key(1)).toHaveLength(32);
  });
});
