import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, problem, problems } from '@freight/contracts';
import { everyAnswer } from './answer.ts';

/** A request at hand, with its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What Node found wrong, where it is not simply no HTTP. Source: Node.js, "Errors", and llhttp. */
const codeOf: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
};

/**
 * Answers what the server could not read as a request, as a problem like every other, and closes the connection. Where another request of
 * the connection waits for its answer there is none: the client would take it for that one's.
 */
export const answerMalformed = (error: NodeJS.ErrnoException, socket: Socket, atHand: readonly Exchange[]): void => {
  const [current] = atHand;
  const isAnothers = atHand.length > 1 || (current !== undefined && current.request.complete);
  if (!socket.writable || isAnothers || current?.response.headersSent === true) {
    socket.destroy();
    return;
  }
  const code = codeOf[error.code ?? ''] ?? 'invalid_request';
  const body = JSON.stringify(problem(code));
  const headers = {
    ...everyAnswer(),
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`HTTP/1.1 ${problems[code].status} ${code}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // Whatever else comes is not read: a client that goes on sending would keep us busy.
  socket.destroySoon();
};
