import { readFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { ServerStartError } from './errors.ts';

/** The only address that private servers listen on. */
export const host = '127.0.0.1';

/**
 * A port that is free now. Another process may take it before the server binds it: the caller tries again with another.
 * Taken from below the kernel's range for outgoing connections: a port from within it (what `listen(0)` gives) can be in use as
 * the near end of some connection at the moment when a killed server wants its own port back.
 * @throws ServerStartError when 200 tries find none.
 */
export const freePort = async (): Promise<number> => {
  const low = 15_000;
  const high = Math.max(low + 1_000, Math.min(32_000, firstOutgoingPort()));
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = low + Math.floor(Math.random() * (high - low));
    if (await isFree(port)) return port;
  }
  throw new ServerStartError(`No free port between ${low} and ${high} on ${host}.`);
};

const firstOutgoingPort = (): number => {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]);
  } catch {
    return 32_000;
  }
};

/** Whether nobody listens on the port of this machine's own address. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/**
 * Says something to a port and waits for an answer that matches. Used to see that *our* server answers (it knows the password
 * of this run), not merely that something listens there.
 * @param secure how to encrypt; undefined: it takes plain words.
 * @returns false when refused, closed, or silent for a second.
 */
export const answers = (
  port: number,
  request: string,
  expected: RegExp,
  secure?: ConnectionOptions,
): Promise<boolean> =>
  new Promise(resolve => {
    let received = '';
    const ask = () => socket.write(request);
    const socket: Socket = secure ? connect({ ...secure, port, host }, ask) : createConnection({ port, host }, ask);
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('data', data => {
      received += data.toString('utf8');
      if (expected.test(received)) finish(true);
    });
  });
