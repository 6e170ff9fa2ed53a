import type postgres from 'postgres';

/** Told of every statement: its text without parameters, and how long it took. */
export type OnQuery = (text: string, durationMs: number) => void;

/**
 * Wraps the driver's tag so that each awaited statement is timed. Fragments are never awaited and so never timed;
 * parameters are never looked at, only the literal parts of the template.
 */
export const timed = <T extends postgres.ISql>(sql: T, onQuery: OnQuery): T =>
  new Proxy(sql as unknown as (...args: unknown[]) => unknown, {
    apply: (target, self, args: unknown[]) => {
      const made = Reflect.apply(target, self, args);
      const strings = args[0];
      if (!Array.isArray(strings) || !('raw' in strings) || !(made instanceof Promise)) return made;
      const original = made.then.bind(made);
      const query = made as Promise<unknown>;
      // oxlint-disable-next-line unicorn/no-thenable -- a query runs when it is awaited: this is where its time begins
      // The driver looks at each statement too, by the same `then`: the first look starts the time, the first end is told.
      let start: number | undefined;
      let told = false;
      query.then = ((onOk: (value: unknown) => unknown, onError: (error: unknown) => unknown) => {
        start ??= performance.now();
        const done = () => {
          if (told) return;
          told = true;
          onQuery(strings.join('?').replace(/\s+/g, ' ').trim(), performance.now() - (start ?? 0));
        };
        return original(
          value => {
            done();
            return onOk ? onOk(value) : value;
          },
          error => {
            done();
            if (onError) return onError(error);
            throw error;
          },
        );
      }) as typeof query.then;
      return query;
    },
  }) as unknown as T;
