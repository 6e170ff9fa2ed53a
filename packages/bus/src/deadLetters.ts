import { natsHeaders, platformTenantId, streams, subjects, uuid } from '@freight/contracts';
import type { JetStreamClient } from '@nats-io/jetstream';
import { tracedHeaders } from './tracing.ts';

/** The tenant that a subject names; the platform's for a subject that names none, which only a fault can make. */
export const tenantOfSubject = (subject: string): string => {
  const tokens = subject.split('.');
  const token = tokens[1] === 'work' ? tokens[3] : tokens[2];
  return uuid.safeParse(token).success && token !== undefined ? token : platformTenantId;
};

export interface DeadLetter {
  readonly subject: string;
  readonly data: Uint8Array;
  /** The stream it came from, or `results` for what is not stored. */
  readonly stream: string;
  readonly reason: string;
  readonly detail: string;
  /** Tells a repeat, where the message can be told apart. */
  readonly id?: string;
}

/** Parks a message: its own bytes, so that it can be put back, with the reason in headers. */
export const publishDeadLetter = async (js: JetStreamClient, letter: DeadLetter): Promise<void> => {
  const headers = tracedHeaders();
  headers.set(natsHeaders.deadReason, letter.reason);
  headers.set(natsHeaders.deadDetail, letter.detail.replace(/[\r\n]+/g, ' ').slice(0, 500));
  headers.set(natsHeaders.deadSubject, letter.subject);
  await js.publish(subjects.dead(tenantOfSubject(letter.subject), letter.stream), letter.data, {
    headers,
    expect: { streamName: streams.dead },
    ...(letter.id === undefined ? {} : { msgID: letter.id }),
  });
};
