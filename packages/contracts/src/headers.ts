/** NATS message headers of Freight; W3C trace context travels beside them as `traceparent` and `tracestate`. */
export const natsHeaders = {
  /** The inbox that waits for a command's reply: the message's own reply subject belongs to JetStream's acknowledgement. */
  replyTo: 'Freight-Reply-To',
  /** An event's place in its stream: told without opening the event. */
  version: 'Freight-Version',
  /** Why a message is in the dead-letter stream. */
  deadReason: 'Freight-Dead-Reason',
  deadSubject: 'Freight-Dead-Subject',
  deadDetail: 'Freight-Dead-Detail',
  /** How many bytes the message had, where a dead letter could not hold all of them: it can't be put back. */
  deadCut: 'Freight-Dead-Cut',
} as const;
