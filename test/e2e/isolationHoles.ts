/** Holes in the walls between tenants, opened on purpose on a private platform, and closed again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Platform } from '@freight/cli/platform';
import { root } from './cliProcess.ts';

/** A gateway that is not the platform's own. */
export interface OtherGateway {
  readonly url: string;
  stop(): Promise<void>;
}

interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** What the platform's own gateway was started with. */
const environmentOf = (pid: number): Record<string, string> =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .flatMap(line => {
        const at = line.indexOf('=');
        return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
      }),
  );

const exitWithParent = join(root, 'packages', 'cli', 'src', 'platform', 'exitWithParent.ts');

const startedWithinMs = 30_000;

/** Starts a gateway from a copy of its source in which one thing was changed. @param changes by file, below services/gateway/src. */
export const startChangedGateway = async (platform: Platform, changes: readonly Change[]): Promise<OtherGateway> => {
  const { pid } = platform.service('gateway');
  if (pid === undefined) throw new Error('the gateway is down');
  // Inside the project, so that what it imports is found; dependencies are those of the real one.
  mkdirSync(join(root, '.freight'), { recursive: true });
  const folder = mkdtempSync(join(root, '.freight', 'hole-'));
  const own = join(root, 'services', 'gateway');
  cpSync(join(own, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(own, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(own, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of changes) {
    const path = join(folder, 'src', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(path, text.replaceAll(from, to));
  }
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@freight/source', '--import', exitWithParent, join(folder, 'src', 'main.ts')],
    {
      cwd: root,
      env: { ...environmentOf(pid), FREIGHT_HTTP_PORT: '0', FREIGHT_HEALTH_PORT: '0' },
      // Its end tells the gateway that this process is gone.
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    setTimeout(() => reject(new Error(`it did not start: ${said.slice(-2000)}`)), startedWithinMs).unref();
    child.once('exit', () => reject(new Error(`it did not start: ${said.slice(-2000)}`)));
    child.stdout?.on('data', data => {
      said += String(data);
      const found = /"port":(\d+),"healthPort"/.exec(said)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, stop };
};

/** A request on its way through the proxy. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string | undefined>;
}

export interface PassedBack {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

export interface Tampering {
  /** Another request instead. */
  readonly onRequest?: (passing: Passing) => Passing;
  /** Another answer instead. */
  readonly onAnswer?: (passing: Passing, answer: PassedBack) => PassedBack | Promise<PassedBack>;
}

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** A proxy in front of the gateway that leaks. */
export const startProxy = async (gatewayUrl: string, tampering: Tampering): Promise<OtherGateway> => {
  const target = new URL(gatewayUrl);
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const asked: Passing = {
        method: incoming.method ?? 'GET',
        path: incoming.url ?? '/',
        headers: { ...incoming.headers } as Passing['headers'],
      };
      const passing = tampering.onRequest?.(asked) ?? asked;
      const sent = await bodyOf(incoming);
      const onward = request({
        host: target.hostname,
        port: target.port,
        method: passing.method,
        path: passing.path,
        headers: passing.headers,
      });
      onward.once('error', () => outgoing.destroy());
      onward.once('response', response => {
        const isStream = response.headers['content-type']?.includes('event-stream') ?? false;
        if (isStream) {
          outgoing.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(outgoing);
          outgoing.once('close', () => onward.destroy());
          return;
        }
        void (async () => {
          const answer: PassedBack = {
            status: response.statusCode ?? 502,
            headers: response.headers,
            body: await bodyOf(response),
          };
          const given = (await tampering.onAnswer?.(asked, answer)) ?? answer;
          const { 'transfer-encoding': _, ...headers } = given.headers;
          // HEAD says how long the body would be, and has none.
          const length = asked.method === 'HEAD' ? headers['content-length'] : given.body.length;
          outgoing.writeHead(given.status, {
            ...headers,
            ...(length === undefined ? {} : { 'content-length': length }),
          });
          outgoing.end(given.body);
        })();
      });
      onward.end(sent);
    })();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
