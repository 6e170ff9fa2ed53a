import { createInbox, type NatsConnection } from '@nats-io/transport-node';

/** One subscription for all commands of a process; each command has a token of its own under it. */
export interface ReplyInbox {
  subjectFor(commandId: string): string;
  /** The reply's text, or undefined after the time. */
  wait(commandId: string, timeoutMs: number): Promise<string | undefined>;
  close(): void;
}

export const createReplyInbox = (nc: NatsConnection, inboxes: string): ReplyInbox => {
  const prefix = createInbox(inboxes);
  const waiting = new Map<string, (data: string | undefined) => void>();
  const subscription = nc.subscribe(`${prefix}.*`, {
    callback: (error, message) => {
      if (error) return;
      waiting.get(message.subject.slice(prefix.length + 1))?.(message.string());
    },
  });
  return {
    subjectFor: commandId => `${prefix}.${commandId}`,
    wait: (commandId, timeoutMs) =>
      new Promise(resolve => {
        const finish = (data: string | undefined) => {
          clearTimeout(timer);
          waiting.delete(commandId);
          resolve(data);
        };
        const timer = setTimeout(() => finish(undefined), timeoutMs);
        waiting.set(commandId, finish);
      }),
    close: () => {
      subscription.unsubscribe();
      for (const finish of waiting.values()) finish(undefined);
    },
  };
};
