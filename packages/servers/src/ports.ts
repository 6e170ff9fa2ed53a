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

/** How a port wants to be spoken to where it does not take plain words. */
export interface Secure {
  readonly options: ConnectionOptions;
  /** What the server says in the clear before it expects TLS; without it, TLS begins at once. */
  readonly greeting?: RegExp;
}

/**
 * Says something to a port and waits for an answer that matches. Used to see that *our* server answers (it knows the password
 * of this run), not merely that something listens there.
 * @returns false when refused, closed, or silent for a second.
 */
export const answers = (port: number, request: string, expected: RegExp, secure?: Secure): Promise<boolean> =>
  new Promise(resolve => {
    const plain = createConnection({ port, host });
    const sockets = [plain];
    const finish = (answer: boolean) => {
      for (const socket of sockets) socket.destroy();
      resolve(answer);
    };
    plain.setTimeout(1_000, () => finish(false));
    const collect = (socket: Socket, wanted: RegExp, then: () => void) => {
      let received = '';
      const onData = (data: Buffer) => {
        received += data.toString('utf8');
        if (!wanted.test(received)) return;
        socket.off('data', onData);
        then();
      };
      socket.on('data', onData);
    };
    const ask = (socket: Socket) => {
      collect(socket, expected, () => finish(true));
      socket.write(request);
    };
    const encrypt = ({ options }: Secure) => {
      const socket = connect({ ...options, socket: plain }, () => ask(socket));
      sockets.push(socket);
      socket.on('error', () => finish(false));
    };
    plain.on('error', () => finish(false));
    plain.on('close', () => finish(false));
    plain.on('connect', () => {
      if (!secure) ask(plain);
      else if (secure.greeting) collect(plain, secure.greeting, () => encrypt(secure));
      else encrypt(secure);
    });
  });
