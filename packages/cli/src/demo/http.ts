import { sleep } from '@freight/kernel';

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface JsonReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

const triesMax = 60;
const timeoutMs = 60_000;

/** Milliseconds that the other side asks us to wait: seconds or a date in `Retry-After`, a second where it names none. */
const waitOf = (headers: Headers): number => {
  const text = headers.get('retry-after') ?? headers.get('x-ratelimit-limit-user-reset') ?? '1';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(60_000, Math.max(50, seconds * 1000)) : 1000;
};

/**
 * Sends a request and reads JSON. Waits out every 429, as often as it takes within reason; all else is the caller's to judge.
 * @throws what fetch throws when nobody answers or the signal comes.
 */
export const requestJson = async (request: JsonRequest): Promise<JsonReply> => {
  for (let attempt = 1; ; attempt++) {
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: request.signal ? AbortSignal.any([timeout, request.signal]) : timeout,
    });
    const text = await response.text();
    if (response.status === 429 && attempt < triesMax) {
      await sleep(waitOf(response.headers), request.signal);
      continue;
    }
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }
};
