import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface Question {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Whether an answer of 429 is taken as it is. Otherwise it is waited out. */
  readonly takes429?: boolean;
}

/** An answer as it came over the wire: nothing normalised. */
export interface HttpAnswer {
  readonly status: number;
  /** In the order and spelling in which they were sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** From the first byte sent to the last one read. */
  readonly milliseconds: number;
}

export interface HttpClient {
  /** @param at which of the gateways, counted around; the first when not said. */
  ask(question: Question, at?: number): Promise<HttpAnswer>;
  /** Reads a stream of server-sent events for some time. @returns status, and what came. */
  listen(question: Question, milliseconds: number, meanwhile?: () => Promise<unknown>): Promise<HttpAnswer>;
  close(): void;
}

const timeoutMs = 30_000;
/** How long a stream is read that nobody asked to be one. */
const streamMs = 300;
/** Whoever is told to slow down waits and asks again, so often at most. */
const patienceMax = 20;

export const headerOf = (answer: HttpAnswer, name: string): string | undefined =>
  answer.headers.find(([one]) => one.toLowerCase() === name)?.[1];

export const jsonOf = <T>(answer: HttpAnswer): T => JSON.parse(answer.body) as T;

const pairs = (raw: readonly string[]): (readonly [string, string])[] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''] as const);

/** A client for raw answers, over connections that are kept. @param urls of the gateways of one platform. */
export const createHttpClient = (urls: readonly string[]): HttpClient => {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  const send = (question: Question, at: number, endAfterMs?: number, meanwhile?: () => Promise<unknown>) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const base = new URL(urls[at % urls.length] ?? '');
      const isSecure = base.protocol === 'https:';
      const body = question.body === undefined ? undefined : JSON.stringify(question.body);
      const start = performance.now();
      const request = (isSecure ? httpsRequest : httpRequest)({
        agent: isSecure ? agents.https : agents.http,
        hostname: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port,
        method: question.method,
        path: base.pathname.replace(/\/$/, '') + question.path,
        headers: {
          accept: 'application/json',
          ...(question.key === undefined ? {} : { authorization: `Bearer ${question.key}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...question.headers,
        },
      });
      request.setTimeout(timeoutMs, () => request.destroy(new Error('no answer in time')));
      request.once('error', reject);
      request.once('response', response => {
        const chunks: Buffer[] = [];
        const finish = () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: pairs(response.rawHeaders),
            body: Buffer.concat(chunks).toString('utf8'),
            milliseconds: performance.now() - start,
          });
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', finish);
        // A stream has no end of its own.
        const isStream = response.headers['content-type']?.includes('text/event-stream') ?? false;
        const leaveAfterMs = endAfterMs ?? (isStream ? streamMs : undefined);
        response.once('error', error => (leaveAfterMs === undefined ? reject(error) : undefined));
        if (leaveAfterMs === undefined) return;
        const leave = () => {
          finish();
          request.destroy();
        };
        void Promise.resolve(meanwhile?.()).then(() => setTimeout(leave, leaveAfterMs), reject);
      });
      request.end(body);
    });

  return {
    ask: async (question, at = 0) => {
      for (let patience = 0; ; patience++) {
        const answer = await send(question, at);
        if (answer.status !== 429 || patience === patienceMax || question.takes429) return answer;
        const seconds = Number(headerOf(answer, 'retry-after') ?? 1);
        await new Promise(resolve => setTimeout(resolve, Math.min(5, seconds) * 1000));
      }
    },
    listen: (question, milliseconds, meanwhile) => send(question, 0, milliseconds, meanwhile),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
};
