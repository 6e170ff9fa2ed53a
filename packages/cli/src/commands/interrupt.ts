/**
 * A signal that aborts at the first Ctrl-C, SIGTERM or SIGHUP, so that everything is put away in order. The second one ends this process at
 * once; what it started notices and leaves too.
 */
export const listenForInterrupt = (onFirst: () => void): AbortSignal => {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    onFirst();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return controller.signal;
};
