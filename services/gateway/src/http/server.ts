import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { everyAnswer, refuse, toResponse } from './answer.ts';
import { createListening, type HttpTls } from './listening.ts';
import { answerMalformed, type Exchange } from './malformed.ts';

export interface HttpServer {
  readonly port: number;
  /** Takes no new connections; resolves when the requests at hand are answered. */
  stop(): Promise<void>;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain HTTP. */
  readonly tls: HttpTls | undefined;
  /** How long requests at hand may take when the gateway stops; whoever has stopped reading is cut off then. Milliseconds. */
  readonly stopGraceMs: number;
  /** How long a request may take to arrive, its body included; its headers at most ten seconds of that. Milliseconds. */
  readonly arrivalMs: number;
  /** A client that takes nothing of its answer for so long is cut off. Milliseconds. */
  readonly stallMs: number;
  /** Connections at once; further ones are closed at once. */
  readonly connectionsMax: number;
}

/** Longer than the idle time of usual load balancers, so that they, not we, close a connection they might be about to use. */
const keepAliveMs = 75_000;
const headersMsMax = 10_000;
/** How often Node looks for requests that take too long to arrive. Milliseconds. */
const lookMsMax = 1000;

export const startHttp = async (app: Hono<{ Bindings: HttpBindings }>, options: HttpOptions): Promise<HttpServer> => {
  const listener = getRequestListener(app.fetch, {
    // A request line or Host header that makes no URL, or no Host header.
    errorHandler: () => toResponse(refuse('invalid_request'), everyAnswer()),
  });
  // What each connection has at hand. Node's own closeIdleConnections leaves those that never had a request, and they would hold up a
  // stop until their time for sending headers is over.
  const atHand = new Map<Socket, Set<Exchange>>();
  const served = new WeakSet<Socket>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    served.add(socket);
    const exchange = { request, response };
    atHand.get(socket)?.add(exchange);
    response.once('close', () => atHand.get(socket)?.delete(exchange));
    void listener(request, response);
  };
  const listening = createListening(
    options.tls,
    {
      keepAliveTimeout: keepAliveMs,
      requestTimeout: options.arrivalMs,
      headersTimeout: Math.min(options.arrivalMs, headersMsMax),
      connectionsCheckingInterval: Math.min(options.arrivalMs, lookMsMax),
      // Whoever vanished without a word is found out, also where nothing is being written.
      keepAlive: true,
      requireHostHeader: false,
    },
    handle,
  );
  const { server } = listening;
  // An expectation that we do not know may be passed over. Source: RFC 9110, section 10.1.1.
  server.on('checkExpectation', handle);
  server.maxConnections = options.connectionsMax;
  server.timeout = options.stallMs;
  server.on(listening.connectionEvent, (socket: Socket) => {
    atHand.set(socket, new Set());
    socket.once('close', () => atHand.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const exchanges = atHand.get(socket as Socket);
    // Not as far as HTTP: the handshake failed, and nothing that we could write would be understood.
    if (exchanges) answerMalformed(error, socket as Socket, [...exchanges]);
    else socket.destroy();
  });
  // Nothing has moved on the connection. Who waits for us, or still sends (Node looks after that), is in its right; who does not take what
  // we sent is not. Reset and not closed: else the kernel would go on keeping what nobody reads.
  server.on('timeout', socket => {
    // Node resets no encrypted connection.
    if (socket.writableLength > 0 && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    else if (socket.writableLength > 0) socket.destroy();
    else if (served.has(socket) && !atHand.get(socket)?.size) socket.destroy();
  });
  const closeIdle = () => {
    for (const [socket, exchanges] of atHand) if (exchanges.size === 0) socket.destroySoon();
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
