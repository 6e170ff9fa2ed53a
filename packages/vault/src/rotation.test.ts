import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@freight/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVault, openKeyDirectory, openSigner, verifySigned } from './index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'freight-keys-'));
  await writeFile(join(directory, 'deployment.key'), randomBytes(32));
});
afterEach(() => rm(directory, { recursive: true }));

const open = () => openKeyDirectory(directory);
const vaultOf = async (tenantId: string) => createVault(await open()).of(tenantId);
const destroyed = expect.objectContaining({ code: 'key_destroyed' }) as Error;
/** Everything in the folder, as one run of bytes. */
const allBytes = async () => {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  return Buffer.concat(
    await Promise.all(names.filter(one => one.isFile()).map(one => readFile(join(one.parentPath, one.name)))),
  );
};

describe('rotation of a tenant’s key', () => {
  it('reaches a process that has the old key, which opens what the new one sealed at once', async () => {
    const other = await vaultOf('a');
    const before = other.seal('before', 'x');
    const keys = await open();
    expect((await keys.rotate('a')).newest).toBe(2);
    const after = (await createVault(keys).of('a')).seal('after', 'x');
    expect([other.open(after, 'x'), other.open(before, 'x'), other.newest()]).toEqual(['after', 'before', 2]);
  });

  it('by several at once makes one version each and loses none', async () => {
    const providers = await Promise.all(Array.from({ length: 5 }, open));
    const vault = await vaultOf('a');
    const values = [vault.seal('1', 'x')];
    await Promise.all(providers.map(one => one.rotate('a')));
    values.push((await vaultOf('a')).seal('6', 'x'));
    const ring = await (await open()).ring('a');
    expect(ring.names.map(one => one.version)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(values.map(one => vault.open(one, 'x'))).toEqual(['1', '6']);
  });

  it('keeps old values open until a version is retired, and fingerprints beyond that', async () => {
    const keys = await open();
    const vault = await createVault(keys).of('a');
    const [old, print] = [vault.seal('old', 'x'), vault.fingerprint('v', 'match key')];
    await keys.rotate('a');
    const fresh = vault.seal('fresh', 'x');
    await keys.retire('a', 2);
    expect(vault.open(fresh, 'x')).toBe('fresh');
    expect(() => vault.open(old, 'x')).toThrow('does not open');
    expect((await vaultOf('a')).fingerprint('v', 'match key')).toEqual(print);
    // The newest stays, whatever is asked.
    expect((await keys.retire('a', 99)).names.map(one => one.version)).toEqual([2]);
  });
});

describe('a destroyed key', () => {
  it('opens nothing any more, in no process, and is never made anew', async () => {
    const [keys, running] = [await open(), await vaultOf('a')];
    const sealed = running.seal('secret', 'x');
    const [name] = (await keys.ring('a')).names;
    const { names } = await keys.destroy('a');
    expect(names).toEqual([name]);
    await sleep(300);
    expect(() => running.open(sealed, 'x')).toThrow(destroyed);
    expect(() => running.seal('new', 'x')).toThrow(destroyed);
    expect(() => running.fingerprint('new', 'x')).toThrow(destroyed);
    await expect(vaultOf('a')).rejects.toThrow(destroyed);
    for (const work of [keys.rotate('a'), keys.retire('a', 1), keys.ring('a')])
      await expect(work).rejects.toThrow(destroyed);
    expect(await (await open()).destroy('a')).toMatchObject({ names });
  });

  it('is dead within a second in a process that goes on using it', async () => {
    const running = await vaultOf('a');
    running.seal('x', 'x');
    await (await open()).destroy('a');
    const start = performance.now();
    let uses = 0;
    try {
      for (; ; uses++) {
        running.seal('x', 'x');
        if (uses % 1000 === 0) await sleep(1);
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'key_destroyed' });
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('leaves nothing of the key on the disk, whatever it went through before', async () => {
    const keys = await open();
    await keys.ring('a');
    await keys.rotate('a');
    await keys.rotateDeployment({ graceMs: 0 });
    const before = await readdir(join(directory, 'tenants'));
    await writeFile(join(directory, 'tenants', 'a.3.key.0123.new'), 'left by a process that was killed');
    await keys.destroy('a');
    const sizes = await Promise.all(
      (await readdir(join(directory, 'tenants'))).map(async name => [
        name,
        (await readFile(join(directory, 'tenants', name))).length,
      ]),
    );
    expect(before).toContain('a.2.key');
    expect(sizes.filter(([, size]) => size !== 0)).toEqual([['a.3.key', expect.any(Number)]]);
    expect((await allBytes()).toString('latin1')).not.toContain('wrapped');
  });

  it('of a tenant that never had one keeps one from being made', async () => {
    const keys = await open();
    expect((await keys.destroy('never')).names).toEqual([]);
    await expect(keys.ring('never')).rejects.toThrow(destroyed);
  });

  it('stays destroyed when it is destroyed, rotated and made at the same time', async () => {
    for (let i = 0; i < 20; i++) {
      const name = `t${i}`;
      const providers = await Promise.all(Array.from({ length: 4 }, open));
      const [a, b, c, d] = providers;
      if (!a || !b || !c || !d) throw new Error('four were opened');
      await Promise.allSettled([a.ring(name), b.rotate(name), c.destroy(name), d.rotateDeployment({ graceMs: 0 })]);
      await expect((await open()).ring(name)).rejects.toThrow(destroyed);
    }
  });
});

describe('rotation of the deployment’s key', () => {
  it('wraps everything anew and forgets the old key, under a process that runs all the while', async () => {
    const running = await vaultOf('a');
    const signer = await openSigner(await open());
    const sealed = running.seal('secret', 'x');
    const old = await readFile(join(directory, 'deployment.key'));
    const result = await (await open()).rotateDeployment({ graceMs: 0 });
    expect(result).toMatchObject({ rewrapped: 2, resumed: false });
    expect(await readFile(join(directory, 'deployment.key'))).not.toEqual(old);
    expect(await readdir(directory)).toEqual(['deployment.key', 'tenants']);
    expect(running.open(sealed, 'x')).toBe('secret');
    expect((await vaultOf('a')).open(sealed, 'x')).toBe('secret');
    // One that has the old key in memory makes a key for another tenant, and takes up a change.
    const late = await open();
    await (await open()).rotateDeployment({ graceMs: 0 });
    const made = (await createVault(late).of('b')).seal('b', 'x');
    await late.rotate('a');
    expect((await vaultOf('b')).open(made, 'x')).toBe('b');
    expect((await openSigner(await open())).publicKeys).toEqual(signer.publicKeys);
  });

  const steps = [
    'next key made',
    'files wrapped with it',
    'former key kept',
    'next key in its place',
    'former key removed',
  ];

  it.each(steps)('interrupted after "%s" leaves everything open, and is finished by the next call', async last => {
    const keys = await open();
    const values = new Map<string, Buffer>();
    for (const name of ['a', 'b', 'c']) values.set(name, (await createVault(keys).of(name)).seal(name, 'x'));
    await keys.destroy('c');
    const killed = new Error('killed');
    const interrupted = keys.rotateDeployment({
      graceMs: 0,
      onStep: step => {
        if (step === last) throw killed;
      },
    });
    await expect(interrupted).rejects.toBe(killed);
    const check = async () => {
      for (const name of ['a', 'b'])
        expect((await vaultOf(name)).open(values.get(name) ?? Buffer.alloc(0), 'x')).toBe(name);
      await expect(vaultOf('c')).rejects.toThrow(destroyed);
    };
    await check();
    values.set('b', (await vaultOf('b')).seal('b', 'x'));
    await (await open()).rotateDeployment({ graceMs: 0 });
    await check();
    expect(await readdir(directory)).toEqual(['deployment.key', 'tenants']);
    const [current] = new Set((await (await open()).list()).flatMap(one => one.wrappedBy ?? []));
    expect((await (await open()).list()).filter(one => one.wrappedBy !== current && one.destroyedAt === null)).toEqual(
      [],
    );
  });

  it('goes on while tenants are made and rotated', async () => {
    const [keys, other] = [await open(), await open()];
    const values: [string, Buffer][] = [];
    const make = async () => {
      for (let i = 0; i < 60; i++) {
        const name = `t${i % 30}`;
        if (i >= 30) await other.rotate(name);
        values.push([name, (await createVault(other).of(name)).seal(name, 'x')]);
      }
    };
    const rotate = async () => {
      for (let i = 0; i < 3; i++) await keys.rotateDeployment({ graceMs: 20 });
    };
    await Promise.all([make(), rotate()]);
    for (const [name, sealed] of values) expect((await vaultOf(name)).open(sealed, 'x')).toBe(name);
  });
});

describe('a deployment’s key that others bring, as a folder that nobody here writes', () => {
  it('is exchanged step by step under processes that run, each step leaving everything open', async () => {
    const secret = join(directory, 'deployment');
    await rm(join(directory, 'deployment.key'));
    /** Puts a secret's files in place of the former ones, all at once, as a kubelet does. */
    const bring = async (files: Readonly<Record<string, Buffer>>) => {
      const folder = await mkdtemp(join(directory, 'secret-'));
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      await symlink(folder, `${secret}.link`);
      await rename(`${secret}.link`, secret);
    };
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await bring({ 'deployment.key': first });
    const running = await open();
    const sealed = new Map<string, Buffer>();
    const check = async () => {
      const name = `t${sealed.size}`;
      sealed.set(name, (await createVault(running).of(name)).seal(name, 'x'));
      for (const [one, value] of sealed) expect((await vaultOf(one)).open(value, 'x')).toBe(one);
    };
    await check();
    await bring({ 'deployment.key': first, 'deployment.next.key': second });
    await check();
    expect((await (await open()).rewrap()).rewrapped).toBe(1);
    await check();
    await bring({ 'deployment.key': second, 'deployment.previous.key': first });
    await check();
    expect((await (await open()).rewrap()).rewrapped).toBe(0);
    await bring({ 'deployment.key': second });
    await check();
    expect((await running.list()).map(one => one.wrappedBy)).toEqual(
      Array.from({ length: sealed.size }, () => expect.any(String) as string),
    );
  });
});

describe('the signing key', () => {
  const content = { type: 'freight.test', b: 1, a: ['ü', null] };

  it('is one for all processes that make it at once, and verifies what it signed, written in any order', async () => {
    const signers = await Promise.all(Array.from({ length: 4 }, async () => openSigner(await open())));
    const keys = signers.map(one => one.publicKeys);
    expect(new Set(keys.map(one => JSON.stringify(one))).size).toBe(1);
    const [signer] = signers;
    if (!signer || !keys[0]) throw new Error('four were opened');
    const signed = signer.sign(content);
    const other = { ...signed, content: { a: content.a, b: 1, type: 'freight.test' } };
    expect(verifySigned(other, keys[0], 'freight.test')).toBeUndefined();
    expect(verifySigned(signed, keys[0], 'freight.other')).toBe('wrong_type');
    expect(verifySigned({ ...signed, content: { ...content, b: 2 } as never }, keys[0], 'freight.test')).toBe(
      'wrong_signature',
    );
    expect(verifySigned(signed, { keys: [] }, 'freight.test')).toBe('unknown_key');
  });
});
