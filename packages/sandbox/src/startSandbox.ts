import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAffinityDoor } from './affinity/door.ts';
import { createAttioDoor } from './attio/door.ts';
import { serveControl } from './control/door.ts';
import { BodyTooLargeError, readText } from './http/body.ts';
import type { Call } from './http/call.ts';
import { send } from './http/send.ts';
import { createRegistry } from './registry.ts';
import { serveVendorCall } from './vendorDoor.ts';
import type { Door } from './workspace.ts';

export interface SandboxOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** Where faults of the sandbox itself are reported; silent when absent. */
  readonly log?: (message: string, error?: unknown) => void;
  /** Milliseconds since the epoch: rate limits and every time in an answer follow this clock. */
  readonly now?: () => number;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  /** Closes the door and every open connection. Safe to call twice. */
  stop(): Promise<void>;
}

const NO_QUERY = new URLSearchParams();

/**
 * Starts both CRMs and the control door on one port. Everything lives in memory and ends with it.
 * @throws what listening throws, such as a port that is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', port = 0, log = () => {}, now = Date.now } = options;
  const registry = createRegistry(now);
  const doors: Record<string, Door> = {
    affinity: createAffinityDoor(registry),
    attio: createAttioDoor(registry),
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { mount, path, search } = splitUrl(request.url ?? '/');
    if (mount === 'control') return serveControl(registry, { request, response, path, search });
    const door = doors[mount];
    if (door === undefined) return send(response, { status: 404, body: { error: 'not found' } });
    const call = await readCall(request, { mount, path, search }, now);
    await serveVendorCall(door, call, { request, response }, now);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (request.destroyed && !request.complete) return;
      if (error instanceof BodyTooLargeError) return send(response, { status: 413, body: { error: 'body too large' } });
      log('a request failed inside the sandbox', error);
      if (response.headersSent) response.destroy();
      else send(response, { status: 500, body: { error: 'the sandbox itself failed' } });
    });
  });
  // Longer than the pools of the usual HTTP clients keep a connection, so that they, not we, hang up.
  server.keepAliveTimeout = 75_000;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const shownHost = host.includes(':') ? `[${host}]` : host;

  let stopping: Promise<void> | undefined;
  return {
    url: `http://${shownHost}:${bound}`,
    port: bound,
    stop() {
      stopping ??= new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return stopping;
    },
  };
}

function splitUrl(url: string): { mount: string; path: string; search: string } {
  const mark = url.indexOf('?');
  const whole = mark < 0 ? url : url.slice(0, mark);
  const search = mark < 0 ? '' : url.slice(mark + 1);
  const slash = whole.indexOf('/', 1);
  const mount = slash < 0 ? whole.slice(1) : whole.slice(1, slash);
  const path = slash < 0 ? '/' : whole.slice(slash);
  return { mount, path: path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path, search };
}

async function readCall(
  request: IncomingMessage,
  at: { readonly mount: string; readonly path: string; readonly search: string },
  now: () => number,
): Promise<Call> {
  const method = request.method ?? 'GET';
  const text = method === 'GET' || method === 'HEAD' ? '' : await readText(request);
  let body: unknown;
  let bodyIsBroken = false;
  if (text !== '') {
    try {
      body = JSON.parse(text);
    } catch {
      bodyIsBroken = true;
    }
  }
  return {
    method,
    path: at.path,
    query: at.search === '' ? NO_QUERY : new URLSearchParams(at.search),
    headers: request.headers,
    body,
    bodyIsBroken,
    baseUrl: `http://${request.headers.host ?? 'localhost'}/${at.mount}`,
    nowMs: now(),
  };
}
