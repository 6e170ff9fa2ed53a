import { startSandbox } from './startSandbox.ts';

/**
 * The sandbox as a process. Says where it listens in exactly one line of JSON on stdout; stops on SIGTERM or SIGINT and,
 * when `FREIGHT_SANDBOX_EXIT_WITH_STDIN=1`, as soon as its stdin closes, so that it never outlives who started it.
 */
const portText = process.env.FREIGHT_SANDBOX_PORT ?? '0';
const port = Number(portText);
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  process.stderr.write(`FREIGHT_SANDBOX_PORT is not a port: ${portText}\n`);
  process.exit(2);
}

const sandbox = await startSandbox({
  host: process.env.FREIGHT_SANDBOX_HOST ?? '127.0.0.1',
  port,
  log: (message, error) =>
    process.stderr.write(`${message}: ${error instanceof Error ? error.stack : String(error)}\n`),
});

const stop = (): void => {
  void sandbox.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
if (process.env.FREIGHT_SANDBOX_EXIT_WITH_STDIN === '1') {
  process.stdin.once('end', stop);
  process.stdin.once('close', stop);
  process.stdin.resume();
}

process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
