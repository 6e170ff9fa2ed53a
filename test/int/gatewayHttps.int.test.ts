/** The gateway over HTTPS: what guards it over HTTP guards it there too, and it ends as well. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { sleep } from '@freight/kernel';
import { createAuthority, writeIdentity } from '@freight/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'freight-https-'));
let f: GatewayFixture;
let settings: Record<string, string>;
let ca: string;
let gateway: { port: number; stop(): Promise<void> };

const start = async (): Promise<typeof gateway> => {
  const { api, stop } = await f.another(settings);
  return { port: Number(new URL(api.url).port), stop };
};

beforeAll(async () => {
  f = await startGatewayFixture();
  const authority = await createAuthority('Test');
  const identity = await authority.issue({ name: 'gateway', hosts: ['127.0.0.1'] });
  const files = writeIdentity(join(folder, 'tls'), identity, authority.ca);
  ca = authority.ca;
  settings = {
    FREIGHT_HTTP_CERT_FILE: files.cert,
    FREIGHT_HTTP_KEY_FILE: files.key,
    FREIGHT_REQUEST_ARRIVAL_MS: '400',
    FREIGHT_CLIENT_STALL_MS: '400',
  };
  gateway = await start();
});
afterAll(async () => {
  await gateway?.stop();
  await f?.stop();
  rmSync(folder, { recursive: true });
});

const open = async (port = gateway.port): Promise<TLSSocket> => {
  const socket = connect({ port, host: '127.0.0.1', ca });
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
};

/** All that comes until the other side closes. */
const untilClosed = async (socket: Socket): Promise<string> => {
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString('latin1')));
  socket.on('error', () => {});
  await new Promise(resolve => socket.once('close', resolve));
  return received;
};

const get = async (): Promise<string> => {
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  return untilClosed(socket);
};

describe('the gateway over HTTPS', () => {
  it('answers, and answers what is no request as a problem', async () => {
    expect(await get()).toMatch(/^HTTP\/1\.1 200 /);
    const socket = await open();
    socket.write('no request at all\r\n\r\n');
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json/);
  });

  it('hangs up on whoever speaks in the clear, without a word of HTTP', async () => {
    const socket = connectPlain(gateway.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(await untilClosed(socket)).not.toContain('HTTP');
    expect(await get()).toMatch(/ 200 /);
  });

  it('cuts off a request that does not arrive, and a client that takes nothing of its answers, and goes on', async () => {
    const slow = await open();
    slow.write('GET / HTTP/1.1\r\nHost: h\r\n');
    expect(await untilClosed(slow)).toMatch(/^HTTP\/1\.1 408 /);

    const deaf = await open();
    deaf.pause();
    // More answers than the buffers on the way hold. Then nothing moves until the gateway has had enough.
    const request = 'GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n';
    deaf.write(request.repeat(100));
    // Sending would be a sign of life; the patience of this gateway is 400 ms.
    await sleep(1500);
    await until('the client that takes nothing is cut off', () => {
      // A write finds out whether the other side is still there.
      deaf.write(request);
      return deaf.destroyed;
    });
    expect(await get()).toMatch(/ 200 /);
  });

  it('stops beside connections that never spoke, encrypted or not', async () => {
    const other = await start();
    const silent = connectPlain(other.port, '127.0.0.1');
    await once(silent, 'connect');
    const encrypted = await open(other.port);
    const ends = Promise.all([untilClosed(silent), untilClosed(encrypted)]);
    const began = performance.now();
    await other.stop();
    await ends;
    // Sooner than a handshake may take.
    expect(performance.now() - began).toBeLessThan(8000);
  });
});
