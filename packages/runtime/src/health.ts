import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** Something a service needs to do its work; rejects or resolves within its own bound. */
export type ReadinessCheck = () => Promise<void>;

export interface HealthOptions {
  readonly port: number;
  readonly host: string;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  readonly registry: Registry;
  /** How long a check may take, milliseconds. */
  readonly checkTimeoutMs?: number;
}

export interface HealthServer {
  readonly port: number;
  /** From now on not ready: the platform sends no new work. */
  drain(): void;
  stop(): Promise<void>;
}

const within = (check: ReadinessCheck, ms: number): Promise<'ok' | 'failed'> =>
  new Promise(resolve => {
    const timer = setTimeout(() => resolve('failed'), ms);
    // Also a check that throws before it has begun is a failed one.
    Promise.resolve()
      .then(check)
      .then(
        () => resolve('ok'),
        () => resolve('failed'),
      )
      .finally(() => clearTimeout(timer));
  });

/**
 * `/healthz`: the process answers. `/readyz`: its dependencies answer too, each named. `/metrics`: Prometheus text.
 * On a port of its own, so that the public one shows none of it.
 */
export const startHealth = async (options: HealthOptions): Promise<HealthServer> => {
  let draining = false;
  const server: Server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return answer(200, 'application/json', '{"status":"ok"}');
    if (path === '/metrics') {
      options.registry.metrics().then(
        text => answer(200, options.registry.contentType, text),
        () => answer(500, 'text/plain', 'metrics failed'),
      );
      return;
    }
    if (path !== '/readyz') return answer(404, 'application/json', '{"status":"not_found"}');
    Promise.all(
      Object.entries(options.checks).map(
        async ([name, check]) => [name, await within(check, options.checkTimeoutMs ?? 2000)] as const,
      ),
    ).then(
      results => {
        const ready = !draining && results.every(([, state]) => state === 'ok');
        answer(
          ready ? 200 : 503,
          'application/json',
          JSON.stringify({
            status: ready ? 'ready' : draining ? 'draining' : 'not_ready',
            checks: Object.fromEntries(results),
          }),
        );
      },
      () => answer(503, 'application/json', '{"status":"not_ready"}'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    drain: () => {
      draining = true;
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
