import { natsHeaders, platformTenantId, streams, subjects, uuid } from '@freight/contracts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
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

/** The largest message that the broker takes, bytes. Unknown before the first connection; then the default of every server. */
export const sizeMaxOf = (nc: NatsConnection): number => nc.info?.max_payload ?? 1024 * 1024;

/** What the client and the protocol add to the headers, bytes: the expected stream, the id, the names of both. */
const addedMax = 512;

/** How many bytes the headers take, as they are sent. A subject alone may have four thousand. */
const sizeOf = (headers: MsgHdrs): number => {
  let size = addedMax;
  for (const [name, values] of headers) {
    for (const value of values) size += Buffer.byteLength(name) + Buffer.byteLength(value) + 4;
  }
  return size;
};

/**
 * Parks a message: its own bytes, so that it can be put back, with the reason in headers. A message that fills its whole size has no room
 * for them: its end is cut off, which a header says, for otherwise it could never leave its stream.
 * @param sizeMax the largest message that the broker takes, bytes.
 */
export const publishDeadLetter = async (js: JetStreamClient, letter: DeadLetter, sizeMax: number): Promise<void> => {
  const headers = tracedHeaders();
  const detail = letter.detail.replace(/[\r\n]+/g, ' ').slice(0, 500);
  headers.set(natsHeaders.deadReason, letter.reason);
  headers.set(natsHeaders.deadDetail, detail);
  headers.set(natsHeaders.deadSubject, letter.subject);
  const room = sizeMax - sizeOf(headers);
  const fits = letter.data.length <= room;
  if (!fits) headers.set(natsHeaders.deadCut, String(letter.data.length));
  await js.publish(
    subjects.dead(tenantOfSubject(letter.subject), letter.stream),
    fits ? letter.data : letter.data.subarray(0, room),
    {
      headers,
      expect: { streamName: streams.dead },
      ...(letter.id === undefined ? {} : { msgID: letter.id }),
    },
  );
};
