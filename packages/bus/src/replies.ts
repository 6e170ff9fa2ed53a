import { createInbox, type NatsConnection } from '@nats-io/transport-node';

/**
 * The inbox that a message names for its reply; undefined for everything else. Whoever may publish a command chooses this name, and the
 * service that answers may publish where the sender may not: a subject of ours would make the reply an event or a command.
 */
export const replyInboxOf = (name: string | undefined): string | undefined =>
  name !== undefined && name.length <= 200 && /^_INBOX[\w-]*(?:\.[\w-]+)+$/.test(name) ? name : undefined;

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
