import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
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

export const startHttp = async (
  app: Hono<{ Bindings: HttpBindings }>,
  options: {
    readonly host: string;
    readonly port: number;
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
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    const { socket } = request;
    atHand.set(socket, (atHand.get(socket) ?? 0) + 1);
    response.once('close', () => {
      if (atHand.has(socket)) atHand.set(socket, (atHand.get(socket) ?? 1) - 1);
    });
    void listener(request, response);
  });
  server.on('connection', (socket: Socket) => {
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
        closeIdle();
      }),
  };
};
