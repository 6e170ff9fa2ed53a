import type { ServerResponse } from 'node:http';
import type { Reply } from './call.ts';

/** Writes a reply as JSON in one piece. A caller that is gone is no error. */
export function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const payload = Buffer.from(text, 'utf8');
  response.writeHead(reply.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': payload.length,
    ...reply.headers,
  });
  response.end(payload);
}
