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

/** Listens to what the tenant service says of revocations. What is not understood counts as silence. */
export const hearRevocations = (
  bus: Pick<Bus, 'listen'>,
  revocations: Pick<Revocations, 'hearNotice' | 'hearHeartbeat'>,
  onGarbage: (subject: string) => void,
): { stop(): void } => {
  const hear = <T>(subject: string, schema: z.ZodType<T>, take: (message: T) => void) =>
    bus.listen(subject, text => {
      const message = read(schema, text);
      if (message === undefined) onGarbage(subject);
      else take(message);
    });
  const hearing = [
    hear(subjects.allRevoked, revocationNotice, revocations.hearNotice),
    hear(subjects.revocationHeartbeat, revocationHeartbeat, revocations.hearHeartbeat),
  ];
  return { stop: () => hearing.forEach(one => one.stop()) };
};
