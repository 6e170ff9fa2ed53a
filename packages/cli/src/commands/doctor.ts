import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findDeadRuns, findKeptOwner, findServerBinaries } from '@freight/servers';
import { type Finding, tlsFindings } from './doctorTls.ts';
import { dataFolder as dataDir, keptFolder, root } from './project.ts';

const run = promisify(execFile);
const gib = 1024 ** 3;

/**
 * `freight doctor`: looks at what Freight needs from this machine and says what to do about what is missing. Changes nothing
 * (except that it makes the empty data folder).
 * @returns the exit code: 1 exactly when a line says `fail`.
 */
export const doctorCommand = async (): Promise<number> => {
  const findings = [
    nodeVersion(),
    pnpmVersion(),
    ...(await servers()),
    ...(await usualPorts()),
    ...(await tlsFindings(process.env)),
    processors(),
    memory(),
    dataFolder(),
    disk(),
    up(),
    leftOvers(),
  ];
  const width = Math.max(...findings.map(finding => finding.what.length));
  for (const { level, what, found, next } of findings) {
    console.log(`${level.padEnd(4)}  ${what.padEnd(width)}  ${found}`);
    if (next) console.log(`      ${' '.repeat(width)}  → ${next}`);
  }
  const failed = findings.filter(finding => finding.level === 'fail').length;
  console.log(
    failed === 0 ? '\nFreight can run here.' : `\nFreight cannot run here yet: see what is marked "fail" (${failed}).`,
  );
  return failed === 0 ? 0 : 1;
};

const nodeVersion = (): Finding => {
  const version = process.versions.node;
  const isRight = Number(version.split('.')[0]) >= 24;
  return {
    level: isRight ? 'ok' : 'fail',
    what: 'Node.js',
    found: version,
    ...(isRight ? {} : { next: 'start Freight by ./freight, which brings Node.js 24' }),
  };
};

const pnpmVersion = (): Finding => {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string };
  return { level: 'ok', what: 'pnpm', found: `${packageManager.replace('pnpm@', '')}, as package.json names it` };
};

const servers = async (): Promise<Finding[]> => {
  const found = Object.values(await findServerBinaries(process.env['PATH']));
  const canInstall = await canInstallPackages();
  const missing = found.filter(({ problem }) => problem !== undefined).map(({ aptPackage }) => aptPackage);
  return found.map(({ name, path, version, problem, aptPackage }): Finding => {
    if (problem === undefined) return { level: 'ok', what: name, found: `${version}  ${path}` };
    if (canInstall) {
      const next = `installed by the first ./freight demo, up or test (apt package ${aptPackage})`;
      return { level: 'warn', what: name, found: problem, next };
    }
    // One line installs them all, so it is said once.
    const isLast = aptPackage === missing.at(-1);
    const next = `sudo apt-get install --no-install-recommends ${missing.join(' ')} (or your system's packages of the same)`;
    return { level: 'fail', what: name, found: problem, ...(isLast ? { next } : {}) };
  });
};

/** Whether `./freight` can install packages by itself: apt, and root or sudo without a password. */
const canInstallPackages = async (): Promise<boolean> => {
  try {
    await run('apt-get', ['--version']);
    if (process.getuid?.() !== 0) await run('sudo', ['-n', 'true']);
    return true;
  } catch {
    return false;
  }
};

/** Only to know: Freight's private servers take other ports, and leave what runs here alone. */
const usualPorts = (): Promise<Finding[]> =>
  Promise.all(
    [
      ['postgres', 5432],
      ['nats', 4222],
      ['redis', 6379],
    ].map(async ([name, port]): Promise<Finding> => {
      const isUsed = await isListening(Number(port));
      return {
        level: 'ok',
        what: `port ${port}`,
        found: isUsed ? `in use (${name}'s usual port); Freight does not touch it` : 'free',
      };
    }),
  );

const isListening = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 1_000 });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => finish(true));
    socket.on('error', () => finish(false));
    socket.on('timeout', () => finish(false));
  });

const processors = (): Finding => {
  const count = availableParallelism();
  return count >= 2
    ? { level: 'ok', what: 'processors', found: String(count) }
    : {
        level: 'warn',
        what: 'processors',
        found: String(count),
        next: 'Freight works on one, slowly; its numbers are for two',
      };
};

/** A demo's four services and three servers take about 1 GiB together. */
const memory = (): Finding => {
  const available = availableMemory();
  const found = `${(available / gib).toFixed(1)} GiB available of ${(totalmem() / gib).toFixed(1)}`;
  return available >= 2 * gib
    ? { level: 'ok', what: 'memory', found }
    : { level: 'warn', what: 'memory', found, next: '2 GiB are comfortable' };
};

/** What programs can still get, bytes. `freemem()` alone would count the page cache as used. */
const availableMemory = (): number => {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    return kib === undefined ? freemem() : Number(kib) * 1024;
  } catch {
    return freemem();
  }
};

const dataFolder = (): Finding => {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
    return { level: 'ok', what: 'data folder', found: dataDir };
  } catch (error) {
    return {
      level: 'fail',
      what: 'data folder',
      found: `${dataDir}: ${(error as Error).message}`,
      next: 'give this user the right to write there',
    };
  }
};

const disk = (): Finding => {
  try {
    const { bavail, bsize } = statfsSync(root);
    const free = bavail * bsize;
    const found = `${(free / gib).toFixed(1)} GiB free`;
    if (free >= 5 * gib) return { level: 'ok', what: 'disk', found };
    return {
      level: free >= gib ? 'warn' : 'fail',
      what: 'disk',
      found,
      next: 'make room: 5 GiB are comfortable, 1 GiB is the least',
    };
  } catch (error) {
    return { level: 'warn', what: 'disk', found: (error as Error).message };
  }
};

/** What `./freight up` has left, or is using now. */
const up = (): Finding => {
  const pid = findKeptOwner(keptFolder);
  const state = existsSync(keptFolder) ? `goes on with ${keptFolder}` : 'has not run in this folder';
  return { level: 'ok', what: './freight up', found: pid === undefined ? state : `runs (process ${pid})` };
};

const leftOvers = (): Finding => {
  const dead = findDeadRuns(dataDir);
  if (dead.length === 0) return { level: 'ok', what: 'left-overs', found: 'none' };
  return {
    level: 'warn',
    what: 'left-overs',
    found: dead.join(', '),
    next: 'removed by the next start of any servers',
  };
};
