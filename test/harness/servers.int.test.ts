import { createConnection } from 'node:net';
import { describe, expect, inject, it } from 'vitest';

const canConnect = (url: string): Promise<boolean> =>
  new Promise(resolve => {
    const { hostname, port } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('the servers of a test run', () => {
  it('are up and their addresses are known to every test', async () => {
    const servers = inject('servers');
    for (const url of [servers.postgresAdminUrl, servers.natsUrl, servers.redisUrl])
      expect(await canConnect(url)).toBe(true);
  });
});
