import { newId } from '@freight/kernel';
import type { Context } from '../context.ts';
import type { Question } from './client.ts';
import type { Operation } from './openapi.ts';
import { bodyOf, fillPath } from './provide.ts';

/** What "no difference" means: medians of so many, interleaved, less than this apart. */
export const timing = { samples: 1000, differenceMax: 0.05 } as const;
/** One noisy measurement proves nothing: a difference has to be there every time, and in the same direction. */
const roundsMax = 3;
const warmUps = 40;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/** How much longer an answer about B's thing takes than one about nothing: 0.1 is a tenth. */
const measure = async (context: Context, ask: (id: string) => Question, yours: string, samples: number) => {
  const times = { yours: [] as number[], nothing: [] as number[] };
  for (let i = -warmUps; i < samples; i++) {
    const order = Math.random() < 0.5 ? (['yours', 'nothing'] as const) : (['nothing', 'yours'] as const);
    for (const one of order) {
      const answer = await context.client.ask(ask(one === 'yours' ? yours : newId()));
      if (i >= 0) times[one].push(answer.milliseconds);
    }
  }
  const [mine, none] = [median(times.yours), median(times.nothing)];
  return { mine, none, by: mine / none - 1 };
};

/** Every read that takes an id, and one command: they all go the same way. */
const timed = (operations: readonly Operation[]): readonly Operation[] => {
  const own = operations.filter(one => one.pathParameters.length > 0 && !one.operatorsOnly);
  return [
    ...own.filter(one => one.method === 'GET'),
    ...own.filter(one => one.method === 'POST' && !one.body).slice(0, 1),
  ];
};

/** Measures whether the time of an answer tells what exists. @param samples for each of both; fewer than the standard's prove less. */
export const tryTimings = async (context: Context, samples: number = timing.samples): Promise<void> => {
  const { a, b, record } = context;
  for (const operation of timed(context.operations)) {
    const parameter = operation.pathParameters.at(-1) ?? '';
    const yours = b.ids.get(parameter);
    if (yours === undefined) continue;
    const body = operation.body ? bodyOf(context, a, operation.body) : undefined;
    const ask = (id: string): Question => ({
      method: operation.method,
      path: fillPath(operation.path, name => (name === parameter ? id : a.ids.get(name))),
      key: a.keys.full,
      ...(body === undefined ? {} : { body }),
    });
    await record.attempt(
      {
        floor: 'timing',
        name: operation.name,
        tried: `${samples} questions for B's and ${samples} for nothing, interleaved`,
        expected: `medians less than ${timing.differenceMax * 100} % apart`,
      },
      async () => {
        const seen: string[] = [];
        let direction = 0;
        for (let round = 0; round < roundsMax; round++) {
          const { mine, none, by } = await measure(context, ask, yours, samples);
          seen.push(`${mine.toFixed(3)} ms instead of ${none.toFixed(3)} ms (${(by * 100).toFixed(1)} %)`);
          if (Math.abs(by) < timing.differenceMax || (direction !== 0 && Math.sign(by) !== direction)) return undefined;
          direction = Math.sign(by);
        }
        return seen.join(', again ');
      },
    );
  }
};
