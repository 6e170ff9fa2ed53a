/** HTTP/1.1 written by hand: clients of a library send nothing that is wrong. */
import { connect, type Socket } from 'node:net';

export interface WireAnswer {
  readonly status: number;
  /** By name in lower case; several of one name joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** `closed`: the connection was closed without a whole answer; `silent`: nothing came in time. */
export type WireResult = WireAnswer | 'closed' | 'silent';

export interface Wire {
  /** Sends bytes and reads one answer. @param method decides whether the answer has a body. */
  ask(bytes: Buffer, method: string): Promise<WireResult>;
  close(): void;
}

const headEnd = Buffer.from('\r\n\r\n');

const readHead = (head: string): { status: number; headers: Map<string, string> } => {
  const [first = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(first)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return { status: Number(status), headers };
};

/** @returns the body and where it ends, or undefined while it is not whole. */
const readChunks = (bytes: Buffer, from: number): { body: Buffer; end: number } | undefined => {
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), end: next };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
};

/** Reads one answer from the front of the bytes; interim ones (1xx) are skipped. @returns undefined while it is not whole. */
export const readAnswer = (bytes: Buffer, method: string): { answer: WireAnswer; end: number } | undefined => {
  let from = 0;
  for (;;) {
    const end = bytes.indexOf(headEnd, from);
    if (end === -1) return undefined;
    const { status, headers } = readHead(bytes.toString('latin1', from, end));
    from = end + 4;
    if (status < 200) continue;
    const answer = (body: Buffer) => ({ status, headers, body });
    if (method === 'HEAD' || status === 204 || status === 304) return { answer: answer(Buffer.alloc(0)), end: from };
    // A stream of events has no end: its beginning is the answer.
    if (headers.get('content-type') === 'text/event-stream') return { answer: answer(bytes.subarray(from)), end: from };
    if (headers.get('transfer-encoding') === 'chunked') {
      const read = readChunks(bytes, from);
      return read && { answer: answer(read.body), end: read.end };
    }
    const length = Number(headers.get('content-length') ?? '0');
    if (bytes.length < from + length) return undefined;
    return { answer: answer(bytes.subarray(from, from + length)), end: from + length };
  }
};

/** Waits until a whole answer is there, the connection ends, or the time is over. */
const awaitAnswer = (socket: Socket, method: string, waitMs: number): Promise<{ result: WireResult; rest: number }> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => finish('silent', 0), waitMs);
    const finish = (result: WireResult, rest: number) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      resolve({ result, rest });
    };
    const look = () => {
      const bytes = Buffer.concat(chunks);
      try {
        const read = readAnswer(bytes, method);
        if (read) finish(read.answer, bytes.length - read.end);
      } catch (error) {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      look();
    };
    const onClose = () => finish('closed', 0);
    socket.on('data', onData).on('close', onClose);
  });

/** One connection at a time, made anew when it was closed; requests go one after the other. */
export const openWire = (port: number, waitMs = 20_000): Wire => {
  let socket: Socket | undefined;
  const open = (): Socket => {
    if (socket && !socket.destroyed && socket.writable && !socket.readableEnded) return socket;
    const made = connect({ port, host: '127.0.0.1', noDelay: true });
    made.on('error', () => made.destroy());
    made.on('end', () => made.destroy());
    socket = made;
    return made;
  };
  return {
    ask: async (bytes, method) => {
      const at = open();
      const answered = awaitAnswer(at, method, waitMs);
      at.write(bytes);
      const { result, rest } = await answered;
      const isStream = typeof result === 'object' && result.headers.get('content-type') === 'text/event-stream';
      const mayGoOn = typeof result === 'object' && !isStream && result.headers.get('connection') !== 'close';
      if (!mayGoOn) at.destroy();
      // After the last answer of a connection nothing can be mistaken: a server that read no method cannot know of a HEAD.
      if (mayGoOn && rest > 0) {
        at.destroy();
        throw new Error(`${rest} bytes more than the answer ${result.status} to ${method}`);
      }
      return result;
    },
    close: () => socket?.destroy(),
  };
};
