/**
 * Gateways in one process for `freight bench auth`, which starts it and talks to it over its own channel; without that it ends at once. One
 * of them may take every request for a given caller's, so that one sees what authentication costs: it listens on the machine itself only.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Scope } from '@freight/contracts';
import { ok } from '@freight/kernel';
import { createLogger, runStopSteps } from '@freight/runtime';
import { compose, type GatewayService, readConfig } from './compose.ts';

interface Wanted {
  readonly env: Readonly<Record<string, string>>;
  /** Whose every request is. */
  readonly caller?: { readonly tenantId: string; readonly keyId: string };
}

type Question =
  | { readonly ask: 'start'; readonly gateways: readonly Wanted[] }
  | { readonly ask: 'watch' }
  | { readonly ask: 'watched' }
  | { readonly ask: 'stop' };

const send = process.send?.bind(process);
if (!send) process.exit(64);
process.once('disconnect', () => process.exit(1));

const logger = createLogger({ service: 'gateway', level: 'error' });
const scopes: readonly Scope[] = ['read', 'write'];
const gateways: GatewayService[] = [];
/** Each sample says how much later than asked for a timer fired, nanoseconds. */
const delay = monitorEventLoopDelay({ resolution: 5 });

const start = async ({ env, caller }: Wanted): Promise<number> => {
  const config = readConfig({ ...env, FREIGHT_HTTP_HOST: '127.0.0.1' });
  const known = caller && ok({ ...caller, scopes, expiresAt: null });
  const gateway = await compose(config, {
    logger,
    ...(known ? { authenticate: () => Promise.resolve(known) } : {}),
  });
  gateways.push(gateway);
  return gateway.port;
};

const answer = async (question: Question): Promise<unknown> => {
  switch (question.ask) {
    case 'start': {
      const ports: number[] = [];
      for (const wanted of question.gateways) ports.push(await start(wanted));
      return ports;
    }
    case 'watch':
      delay.reset();
      delay.enable();
      return null;
    case 'watched':
      delay.disable();
      return { maxMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 };
    case 'stop':
      for (const gateway of gateways) await runStopSteps(gateway.stopSteps, logger);
      return null;
  }
};

process.on('message', (question: Question) => {
  void answer(question).then(
    result => send?.({ result }),
    (error: unknown) => send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
