import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  options: { readonly host: string; readonly port: number },
): Promise<HttpServer> => {
  const listener = getRequestListener(app.fetch, {
    // A request line or Host header that makes no URL.
    errorHandler: () => toResponse(refuse('invalid_request'), {}),
  });
  const live = new Set<any>();
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    const info = { s: request.socket, u: request.url, m: request.method, fin: false, closed: false, response };
    live.add(info);
    response.on('finish', () => { info.fin = true; });
    response.on('close', () => { info.closed = true; });
    void listener(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise(resolve => {
        // Connections that are kept alive would hold the server open without a request.
        const timer = setInterval(() => server.closeIdleConnections(), 50);
        setTimeout(() => { for (const i of live) if (!i.s.destroyed) console.error('LIVE', i.m, i.u, i.fin, i.closed, i.s.readableEnded, i.s.writableEnded, i.s.writableFinished, i.response.writableNeedDrain, i.s.remotePort); }, 2000);
        server.close(() => {
          clearInterval(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
};
