import { type ClientTls, probeTls } from '@freight/tls';

/** After this long without a connection the reason is looked for, and again while it lasts. Milliseconds. */
const lookEveryMs = 2000;

/**
 * Says why a server is away when it is for its certificate. The client library tries again for ever, and keeps what it meets to itself.
 * @param server `host:port`. @param onReason told of each reason once while it lasts.
 */
export const watchAbsence = (
  server: string,
  tls: ClientTls,
  isConnected: () => boolean,
  onReason: (reason: string) => void,
): { stop(): void } => {
  const { hostname, port } = new URL(`tls://${server}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  let told = '';
  let looking = false;
  const look = async (): Promise<void> => {
    if (isConnected()) {
      told = '';
      return;
    }
    const error = await probeTls({
      host,
      port: Number(port || 4222),
      prelude: 'nats',
      tls: tls.optionsFor(host),
      timeoutMs: lookEveryMs,
    });
    const reason = tls.explain(error, 'NATS')?.message;
    if (reason === undefined || reason === told || isConnected()) return;
    told = reason;
    onReason(reason);
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, lookEveryMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};
