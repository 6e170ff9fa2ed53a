import { FreightError } from '@freight/kernel';

/** Lets at most `size` holders in; who waits longer than `waitMs` for a place is refused. The driver has no such bound of its own. */
export interface Gate {
  enter(): Promise<() => void>;
  readonly held: number;
  readonly waiting: number;
}

/** @throws {FreightError} `database_busy`, retryable, when no place came free in time. */
export const createGate = (size: number, waitMs: number): Gate => {
  let held = 0;
  const queue: { admit: () => void; timer: NodeJS.Timeout }[] = [];
  const leave = () => {
    const next = queue.shift();
    if (!next) {
      held--;
      return;
    }
    clearTimeout(next.timer);
    next.admit();
  };
  const once = () => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      leave();
    };
  };
  return {
    get held() {
      return held;
    },
    get waiting() {
      return queue.length;
    },
    enter: () => {
      if (held < size) {
        held++;
        return Promise.resolve(once());
      }
      return new Promise((resolve, reject) => {
        const entry = {
          admit: () => resolve(once()),
          timer: setTimeout(() => {
            queue.splice(queue.indexOf(entry), 1);
            reject(
              new FreightError(`No database connection came free within ${waitMs} ms`, {
                code: 'database_busy',
                retry: 'retryable',
                retryAfterMs: 1000,
              }),
            );
          }, waitMs),
        };
        queue.push(entry);
      });
    },
  };
};
