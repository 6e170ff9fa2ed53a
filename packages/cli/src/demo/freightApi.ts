import { commandView, type ProblemBody } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { requestJson } from './http.ts';

/** Freight's public API, as any client would use it. */
export interface FreightApi {
  get<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>>;
  post<S extends z.ZodType>(path: string, body: unknown, schema: S): Promise<z.output<S>>;
  /** All items of a list, page after page. */
  list<S extends z.ZodType>(path: string, item: S): Promise<z.output<S>[]>;
}

const describe = (method: string, path: string, status: number, body: unknown): string => {
  const problem = body as Partial<ProblemBody> | undefined;
  const errors = problem?.errors?.map(error => `${error.pointer} ${error.detail}`).join('; ');
  const words = [problem?.code, problem?.title, problem?.detail, errors].filter(Boolean).join(': ');
  return `${method} ${path} was answered with ${status}${words ? ` (${words})` : ''}`;
};

/** A command that nobody answers is a platform that does not work. Milliseconds. */
const lateAnswerWithinMs = 60_000;

/** @param url the gateway's, without a path. */
export const createFreightApi = (url: string, key: string, signal?: AbortSignal): FreightApi => {
  const send = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
    let reply: Awaited<ReturnType<typeof requestJson>>;
    try {
      reply = await requestJson({
        method,
        url: new URL(path, url).href,
        headers: { authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { body }),
        signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const { message, cause } = error as Error;
      throw new UserError(
        `${url} does not answer: ${cause instanceof Error ? cause.message : message}`,
        1,
        'retryable',
      );
    }
    const location = reply.headers.get('location');
    if (reply.status === 202 && location) return waitForReply(location);
    if (reply.status < 200 || reply.status > 299) {
      const retry = reply.status >= 500 ? 'retryable' : 'terminal';
      throw new UserError(describe(method, path, reply.status, reply.body), 1, retry);
    }
    return reply.body;
  };

  /** A platform that is busy answers 202; the reply is there later. */
  const waitForReply = async (location: string): Promise<unknown> => {
    const deadline = performance.now() + lateAnswerWithinMs;
    while (performance.now() < deadline) {
      const { reply } = commandView.parse(await send('GET', location));
      if (reply) {
        if (reply.status > 299) throw new UserError(describe('GET', location, reply.status, reply.body));
        return reply.body;
      }
      await sleep(250, signal);
    }
    throw new UserError(`The command at ${location} was not answered within ${lateAnswerWithinMs / 1000} s`);
  };

  const get: FreightApi['get'] = async (path, schema) => schema.parse(await send('GET', path));
  return {
    get,
    post: async (path, body, schema) => schema.parse(await send('POST', path, body)),
    list: async (path, item) => {
      const page = z.object({ items: z.array(item), nextCursor: z.string().nullish() });
      const items: z.output<typeof item>[] = [];
      let cursor: string | null | undefined;
      do {
        const next: z.output<typeof page> = await get(
          `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
          page,
        );
        items.push(...next.items);
        cursor = next.nextCursor;
      } while (cursor);
      return items;
    },
  };
};
