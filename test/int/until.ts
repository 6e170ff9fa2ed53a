import { sleep } from '@freight/kernel';

/** Waits for something to become true. */
export const until = async (what: string, condition: () => Promise<boolean> | boolean, withinMs = 10_000) => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await sleep(25);
  }
};
