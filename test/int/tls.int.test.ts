/** The files that TLS rests on, and what a connection does with them, against a server of Node.js' own. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import {
  type Authority,
  createAuthority,
  type Identity,
  type IdentityFiles,
  startNats,
  startRedis,
  writeIdentity,
} from '@freight/servers';
import { type ClientTls, createClientTls, openServerTls, probeTls, readTlsFiles } from '@freight/tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const names = { url: 'THE_URL', ca: 'THE_CA_FILE', cert: 'THE_CERT_FILE', key: 'THE_KEY_FILE' };
const folder = mkdtempSync(join(tmpdir(), 'freight-tls-'));
const servers: Server[] = [];
let authority: Authority;
let client: IdentityFiles;

beforeAll(async () => {
  authority = await createAuthority('Test');
  client = writeIdentity(join(folder, 'client'), await authority.issue({ name: 'client', hosts: [] }), authority.ca);
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

const serve = async (
  identity: { readonly cert: string; readonly key: string },
  options: { readonly requestCert?: boolean } = {},
): Promise<{ readonly port: number; readonly clients: string[] }> => {
  const clients: string[] = [];
  const server = createServer({ ...identity, ca: authority.ca, rejectUnauthorized: true, ...options }, socket => {
    clients.push(socket.getPeerCertificate().serialNumber ?? '');
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, clients };
};

const good = () => authority.issue({ name: 'server', hosts: ['127.0.0.1', 'db.example'] });
const meet = (tls: ClientTls, port: number, host = '127.0.0.1') =>
  probeTls({ host: '127.0.0.1', port, prelude: 'none', tls: tls.optionsFor(host), timeoutMs: 5000 });
const why = async (tls: ClientTls, port: number, host?: string): Promise<string | undefined> =>
  tls.explain(await meet(tls, port, host), 'PostgreSQL')?.message;

describe('a connection over TLS', () => {
  const tls = () => createClientTls({ files: client, names });

  it('is made to a server with a certificate of the authority for its name or its address', async () => {
    const { port } = await serve(await good());
    expect(await meet(tls(), port)).toBeUndefined();
    expect(await meet(tls(), port, 'db.example')).toBeUndefined();
  });

  it('is refused for any other name or address, also for one that only the client gave', async () => {
    const { port } = await serve(await good());
    expect(await why(tls(), port, 'db2.example')).toMatch(/is not for the host in THE_URL .*db2\.example/);
    expect(await why(tls(), port, '127.0.0.2')).toMatch(/is not for the host in THE_URL/);
    expect(await why(tls(), port, 'localhost')).toMatch(/is not for the host in THE_URL/);
  });

  it('is refused to a server of another authority, and when no authority is named to one that nobody knows', async () => {
    const other = await createAuthority('Other');
    const { port } = await serve(await other.issue({ name: 'server', hosts: ['127.0.0.1'] }));
    expect(await why(tls(), port)).toMatch(/does not come from an authority in THE_CA_FILE/);
    const ours = await serve(await good());
    expect(await why(createClientTls({ files: { ca: '', cert: '', key: '' }, names }), ours.port)).toMatch(
      /THE_CA_FILE/,
    );
  });

  it('is refused to a server whose certificate has expired', async () => {
    const { port } = await serve(
      await authority.issue({ name: 'server', hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 1000) }),
    );
    expect(await why(tls(), port)).toMatch(/has expired/);
  });

  it.each([
    ['NATS', 'nats', startNats],
    ['Redis', 'none', startRedis],
  ] as const)('says which certificate of ours it is that a server refuses: %s', async (_, prelude, start) => {
    const server = await start({ dir: folder, durable: false, tls: true });
    if (!server.authority) throw new Error('no authority');
    const { ca } = server.authority;
    const reach = async (name: string, identity: Identity) => {
      const tls = createClientTls({ files: writeIdentity(join(folder, name), identity, ca), names });
      const options = {
        host: server.host,
        port: server.port,
        prelude,
        tls: tls.optionsFor(server.host),
        timeoutMs: 5000,
      };
      const error = await probeTls(options);
      return tls.explain(error, 'it')?.message ?? error;
    };
    expect(await reach('known', await server.authority.issue({ name: 'x', hosts: [] }))).toBeUndefined();
    expect(await reach('stranger', await authority.issue({ name: 'x', hosts: [] }))).toMatch(
      /refuses the certificate in THE_CERT_FILE/,
    );
    await server.close();
  });

  it('takes what lies in the files now, and what lay there before while new files do not fit together', async () => {
    const { port, clients } = await serve(await good(), { requestCert: true });
    const own = join(folder, 'renewed');
    const files = writeIdentity(own, await authority.issue({ name: 'client', hosts: [] }), authority.ca);
    const renewing = createClientTls({ files, names });
    expect(await meet(renewing, port)).toBeUndefined();
    const next = await authority.issue({ name: 'client', hosts: [] });
    writeFileSync(files.cert, next.cert);
    expect(await meet(renewing, port)).toBeUndefined();
    writeFileSync(files.key, next.key);
    expect(await meet(renewing, port)).toBeUndefined();
    const [first, halfway, last] = clients;
    expect(halfway).toBe(first);
    expect(last).not.toBe(first);
  });
});

describe('the files', () => {
  it('are all named at once when they cannot be used, and no content is repeated', () => {
    writeFileSync(join(folder, 'nonsense'), 'geheim');
    const files = { ca: join(folder, 'gone'), cert: join(folder, 'nonsense'), key: join(folder, 'nonsense') };
    const { problems } = readTlsFiles(files, names);
    expect(problems.map(one => one.split(':')[0])).toEqual(['THE_CA_FILE', 'THE_CERT_FILE', 'THE_KEY_FILE']);
    expect(problems.join()).not.toContain('geheim');
    expect(() => createClientTls({ files, names })).toThrow(/THE_CA_FILE[^]*THE_CERT_FILE[^]*THE_KEY_FILE/);
  });

  it('are refused when the key is another certificate’s, or one of the two is missing', async () => {
    const other = writeIdentity(join(folder, 'other'), await good(), authority.ca);
    expect(readTlsFiles({ ...client, key: other.key }, names).problems).toEqual([
      'THE_KEY_FILE: the key is not that of THE_CERT_FILE',
    ]);
    expect(readTlsFiles({ ...client, key: '' }, names).problems).toEqual([
      'THE_KEY_FILE is missing: THE_CERT_FILE is set, and one is nothing without the other',
    ]);
  });
});

describe('a server’s certificate', () => {
  it('is replaced without a pause: open connections go on, new ones see the new certificate', async () => {
    const files = writeIdentity(join(folder, 'server'), await good(), authority.ca);
    const tls = openServerTls(files, names, 20);
    const { cert, key } = tls.material;
    const server = createServer({ cert, key }, socket => socket.on('error', () => {}).pipe(socket));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const problems: string[] = [];
    const renewed = new Promise<void>(resolve => {
      tls.watch(
        next => {
          server.setSecureContext({ cert: next.cert, key: next.key });
          resolve();
        },
        error => problems.push(String(error)),
      );
    });
    const { port } = server.address() as AddressInfo;
    const open = async (): Promise<TLSSocket> => {
      const socket = connect({ host: '127.0.0.1', port, ca: authority.ca });
      await once(socket, 'secureConnect');
      return socket;
    };
    const former = await open();
    writeIdentity(join(folder, 'server'), await good(), authority.ca);
    await renewed;
    const later = await open();
    expect(later.getPeerCertificate().serialNumber).not.toBe(former.getPeerCertificate().serialNumber);
    former.write('still there');
    expect(String(await once(former, 'data'))).toBe('still there');
    former.destroy();
    later.destroy();
    expect(problems).toEqual([]);
  });
});
