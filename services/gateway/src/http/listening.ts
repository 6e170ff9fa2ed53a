import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ServerTls } from '@freight/tls';

/** A certificate for the server, and whom to tell when it is replaced. Connections that are open keep the one that they began with. */
export interface HttpTls {
  readonly files: ServerTls;
  readonly onRenewed: () => void;
  /** What lies there now cannot be used; the former one goes on. */
  readonly onProblem: (error: unknown) => void;
}

/** A server for HTTP, or for HTTPS where there is a certificate. */
export interface Listening {
  readonly server: Server;
  /** The event by which a connection that requests come on is announced. */
  readonly connectionEvent: 'connection' | 'secureConnection';
  /** Ends what runs beside the server, and connections that have not got as far as a request. */
  stop(): void;
}

/** Who connects and then says nothing holds a place; a handshake over the slowest line takes a second or two. */
const handshakeTimeoutMs = 10_000;

export const createListening = (
  tls: HttpTls | undefined,
  limits: ServerOptions,
  listener: RequestListener,
): Listening => {
  if (!tls) return { server: createServer(limits, listener), connectionEvent: 'connection', stop: () => {} };
  const { cert, key } = tls.files.material;
  const server = createSecureServer({ ...limits, handshakeTimeout: handshakeTimeoutMs, cert, key }, listener);
  // They would hold up a stop until their handshake is over. The encrypted connection is another object: both have the port of the client.
  const unsecured = new Map<string, Socket>();
  const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    unsecured.set(name, socket);
    socket.once('close', () => unsecured.delete(name));
  });
  server.on('secureConnection', (socket: Socket) => unsecured.delete(nameOf(socket)));
  const unwatch = tls.files.watch(next => {
    server.setSecureContext({ cert: next.cert, key: next.key });
    tls.onRenewed();
  }, tls.onProblem);
  return {
    server,
    connectionEvent: 'secureConnection',
    stop: () => {
      unwatch();
      for (const socket of unsecured.values()) socket.destroy();
    },
  };
};
