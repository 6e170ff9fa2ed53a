import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

const BODY_MAX_BYTES = 16 * 1024 * 1024;

export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** Reads a whole body as text. @throws BodyTooLargeError above 16 MB, and what the socket throws when it breaks. */
export function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // What is too much is still read to its end, and dropped: a caller that is writing hears no answer.
      if (bytes <= BODY_MAX_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (bytes > BODY_MAX_BYTES) reject(new BodyTooLargeError());
      else
        resolve(chunks.length === 1 ? (chunks[0] as Buffer).toString('utf8') : Buffer.concat(chunks).toString('utf8'));
    });
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('the caller went away')));
  });
}

/** The lines of a body as they arrive, without their line ends; nothing but the current line is held in memory. */
export async function* readLines(request: IncomingMessage): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
