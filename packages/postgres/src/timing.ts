import type postgres from 'postgres';

/** Told of every statement: its text without parameters, and how long it took. */
export type OnQuery = (text: string, durationMs: number) => void;

/** What the driver ends a statement by; a fragment, which is never sent, it never ends. */
interface Endable {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Sees the end of a statement before whoever awaits it does. */
export const watchEnd = (made: unknown, onEnd: (error: unknown) => void): void => {
  if (!(made instanceof Promise) || !('resolve' in made) || !('reject' in made)) return;
  const statement = made as unknown as Endable;
  const { resolve, reject } = statement;
  statement.resolve = value => {
    onEnd(undefined);
    resolve(value);
  };
  statement.reject = error => {
    onEnd(error);
    reject(error);
  };
};

/** Wraps the driver's tag so that each statement is timed; parameters are never looked at, only the literal parts of the template. */
export const timed = <T extends postgres.ISql>(sql: T, onQuery: OnQuery): T =>
  new Proxy(sql, {
    apply: (target, self, args: unknown[]) => {
      const made: unknown = Reflect.apply(target as unknown as (...args: unknown[]) => unknown, self, args);
      const strings = args[0];
      if (!Array.isArray(strings) || !('raw' in strings)) return made;
      const start = performance.now();
      watchEnd(made, () => onQuery(strings.join('?').replace(/\s+/g, ' ').trim(), performance.now() - start));
      return made;
    },
  });
