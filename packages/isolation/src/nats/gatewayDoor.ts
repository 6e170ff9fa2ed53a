import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Context } from '../context.ts';

const listenMs = 1500;

/** Sends raw bytes to the gateway's port. @returns what came back within a moment. */
const speak = (url: string, words: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { protocol, hostname, port } = new URL(url);
    const isSecure = protocol === 'https:';
    const options = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isSecure ? 443 : 80)) };
    const socket = isSecure ? connectTls({ ...options, servername: options.host }) : connect(options);
    let heard = '';
    const end = () => {
      socket.destroy();
      resolve(heard);
    };
    socket.on('data', data => (heard += String(data)));
    socket.once(isSecure ? 'secureConnect' : 'connect', () => socket.write(words));
    socket.once('error', reject);
    socket.once('end', end);
    setTimeout(end, listenMs);
  });

/** The gateway is no way to the broker: it speaks neither its protocol nor WebSockets. */
export const tryGatewayDoor = async ({ a, record }: Context, urls: readonly string[]): Promise<void> => {
  for (const url of urls) {
    const { host } = new URL(url);
    const upgrade = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${a.keys.full}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZnJlaWdodCBpc29sYXRpb24=\r\nSec-WebSocket-Protocol: nats\r\n\r\n`;
    const words: readonly (readonly [string, string])[] = [
      ['the protocol of NATS', 'CONNECT {"verbose":false}\r\nSUB freight.> 1\r\nPING\r\n'],
      ['a WebSocket at /', upgrade('/')],
      ['a WebSocket at /nats', upgrade('/nats')],
      ["a WebSocket at A's events", upgrade(`/v1/jobs/${a.ids.get('jobId') ?? ''}/events`)],
    ];
    for (const [what, text] of words) {
      await record.attempt(
        { floor: 'nats', name: 'gateway', tried: what, expected: 'no way to the broker' },
        async () => {
          const heard = await speak(url, text);
          return /^(INFO|PONG|\+OK|MSG)|^HTTP\/1\.1 101/m.test(heard) ? heard : undefined;
        },
      );
    }
  }
};
