import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePorts, readPorts, writePorts } from './ports.ts';

describe('the ports of a kept platform', () => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-ports-'));
  let somebody: Server;
  let taken = 0;
  beforeAll(async () => {
    somebody = createServer();
    await new Promise<void>(resolve => somebody.listen(0, '127.0.0.1', resolve));
    taken = (somebody.address() as { port: number }).port;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    somebody.close();
  });

  it('are those of the run before, and the next free ones where somebody has them', async () => {
    const ports = await choosePorts(undefined, { gateway: taken, sandbox: taken });
    expect(ports.gateway).toBeGreaterThan(taken);
    expect(ports.sandbox).toBeGreaterThan(ports.gateway);
    expect(await choosePorts(undefined, ports)).toEqual(ports);
  });

  it('are never others than the wanted one', async () => {
    await expect(choosePorts(taken)).rejects.toThrow(`Port ${taken} is in use by another program`);
  });

  it('are read back, and anything that is no such file counts as none', () => {
    const file = join(folder, 'ports.json');
    expect(readPorts(file)).toBeUndefined();
    writePorts(file, { gateway: 8080, sandbox: 8090 });
    expect(readPorts(file)).toEqual({ gateway: 8080, sandbox: 8090 });
    writeFileSync(file, '{"gateway":"8080"}');
    expect(readPorts(file)).toBeUndefined();
  });
});
