import { createInbox } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { replyInboxOf } from './replies.ts';

it.each([`${createInbox()}.0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77`, '_INBOX.a', '_INBOX_gateway.a.b'])(
  'takes %s for an inbox',
  name => expect(replyInboxOf(name)).toBe(name),
);

it.each([
  '',
  '>',
  '*',
  'a',
  '_INBOX',
  '_INBOX.',
  '_INBOX..a',
  '_INBOX.*',
  '_INBOX.>',
  '_INBOX.a b',
  '_INBOX.a\r\nPUB x',
  '_INBOX.é',
  'freight.evt.a.jobs.b.c',
  'freight.cmd.a.jobs.b',
  '$JS.API.STREAM.DELETE.FREIGHT_EVENTS',
  '$JS.ACK.a',
  `_INBOX.${'x'.repeat(300)}`,
])('takes %j for none', name => expect(replyInboxOf(name)).toBeUndefined());
