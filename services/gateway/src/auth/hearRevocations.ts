import type { Bus } from '@freight/bus';
import { revocationHeartbeat, revocationNotice, subjects } from '@freight/contracts';
import type { z } from 'zod';
import type { Revocations } from './revocations.ts';

const read = <T>(schema: z.ZodType<T>, text: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/** What is not understood is told at most so often: a flood of it must not become one of log lines. Milliseconds. */
const garbageEveryMs = 10_000;

/** Listens to what the tenant service says of revocations. What is not understood counts as silence. */
export const hearRevocations = (
  bus: Pick<Bus, 'listen'>,
  revocations: Pick<Revocations, 'hearNotice' | 'hearHeartbeat'>,
  /** @param messages so many since it was told last. */
  onGarbage: (subject: string, messages: number) => void,
  clock: () => number = () => performance.now(),
): { stop(): void } => {
  let garbage = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (subject: string) => {
    garbage++;
    if (clock() - toldAt < garbageEveryMs) return;
    onGarbage(subject, garbage);
    garbage = 0;
    toldAt = clock();
  };
  const hear = <T>(subject: string, schema: z.ZodType<T>, take: (message: T) => void) =>
    bus.listen(subject, text => {
      const message = read(schema, text);
      if (message === undefined) tell(subject);
      else take(message);
    });
  const hearing = [
    hear(subjects.allRevoked, revocationNotice, revocations.hearNotice),
    hear(subjects.revocationHeartbeat, revocationHeartbeat, revocations.hearHeartbeat),
  ];
  return { stop: () => hearing.forEach(one => one.stop()) };
};
