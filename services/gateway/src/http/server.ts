import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ServerTls } from '@freight/tls';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { refuse, toResponse } from './answer.ts';

export interface HttpServer {
  readonly port: number;
  /** Takes no new connections; resolves when the requests at hand are answered. */
  stop(): Promise<void>;
}

/** Longer than the idle time of usual load balancers, so that they, not we, close a connection they might be about to use. */
const keepAliveMs = 75_000;

/** Who connects and then says nothing holds a place; a handshake over the slowest line takes a second or two. */
const handshakeTimeoutMs = 10_000;

interface Listening {
  readonly server: Server;
  /** The event by which a connection that requests come on is announced. */
  readonly connectionEvent: 'connection' | 'secureConnection';
  /** Ends what runs beside the server. */
  stop(): void;
}

const createListening = (tls: HttpTls | undefined, listener: RequestListener): Listening => {
  if (!tls) {
    const server = createServer({ keepAliveTimeout: keepAliveMs }, listener);
    return { server, connectionEvent: 'connection', stop: () => {} };
  }
  const { cert, key } = tls.files.material;
  const limits = { keepAliveTimeout: keepAliveMs, handshakeTimeout: handshakeTimeoutMs };
  const server = createSecureServer({ ...limits, cert, key }, listener);
  // Those that have not got as far as a request: they would hold up a stop until their handshake is over.
  const unsecured = new Map<number, Socket>();
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    unsecured.set(port, socket);
    socket.once('close', () => unsecured.delete(port));
  });
  server.on('secureConnection', (socket: Socket) => unsecured.delete(socket.remotePort ?? 0));
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

/** A certificate for the server, and whom to tell when it is replaced. Connections that are open keep the one that they began with. */
export interface HttpTls {
  readonly files: ServerTls;
  readonly onRenewed: () => void;
  /** What lies there now cannot be used; the former one goes on. */
  readonly onProblem: (error: unknown) => void;
}

/** Serves the app: over HTTPS where there is a certificate, else over HTTP. */
export const startHttp = async (
  app: Hono<{ Bindings: HttpBindings }>,
  options: {
    readonly host: string;
    readonly port: number;
    readonly tls?: HttpTls | undefined;
    /** How long requests at hand may take when the gateway stops; whoever has stopped reading is cut off then. Milliseconds. */
    readonly stopGraceMs: number;
  },
): Promise<HttpServer> => {
  const listener = getRequestListener(app.fetch, {
    // A request line or Host header that makes no URL.
    errorHandler: () => toResponse(refuse('invalid_request'), {}),
  });
  // How many requests each connection has at hand. Node's own closeIdleConnections leaves those that never had one, and they would
  // hold up a stop until their time for sending headers is over.
  const atHand = new Map<Socket, number>();
  const listening = createListening(options.tls, (request, response) => {
    const { socket } = request;
    atHand.set(socket, (atHand.get(socket) ?? 0) + 1);
    response.once('close', () => {
      if (atHand.has(socket)) atHand.set(socket, (atHand.get(socket) ?? 1) - 1);
    });
    void listener(request, response);
  });
  const { server } = listening;
  server.on(listening.connectionEvent, (socket: Socket) => {
    atHand.set(socket, 0);
    socket.once('close', () => atHand.delete(socket));
  });
  const closeIdle = () => {
    for (const [socket, count] of atHand) if (count === 0) socket.destroySoon();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise(resolve => {
        const timer = setInterval(closeIdle, 50);
        const cutOff = setTimeout(() => server.closeAllConnections(), options.stopGraceMs);
        server.close(() => {
          clearInterval(timer);
          clearTimeout(cutOff);
          resolve();
        });
        listening.stop();
        closeIdle();
      }),
  };
};
