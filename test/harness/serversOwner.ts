/** A process that owns a set of servers and one more child, tells their pids in one line, and ends without stopping them when told to. */
import { spawn } from 'node:child_process';
import { startServers } from '@freight/servers';

const servers = await startServers({ dir: process.argv[2] ?? '', durable: false });
const other = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
servers.watch(Number(other.pid));
process.stdin.once('data', () => process.exit(1));
process.stdout.write(
  `${JSON.stringify({ folder: servers.folder, pids: [servers.postgres.pid, servers.nats.pid, servers.redis.pid, other.pid] })}\n`,
);
