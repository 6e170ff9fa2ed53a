import type { Origin, ProblemCode, Scope } from '@freight/contracts';
import type { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import type { Answer } from './answer.ts';

export type Method = 'get' | 'post' | 'patch' | 'delete';

/** A request that was authenticated, admitted and read by the schemas of its route. */
export interface RouteRequest<Params = unknown, Query = unknown, Headers = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** The body as it was sent, for telling a repeat from another request. */
  readonly sentBody: unknown;
  readonly method: string;
  /** The path with its ids; never to be logged or traced. */
  readonly path: string;
  readonly caller: Caller;
  /** What the audit log is to know of it. */
  readonly origin: Origin;
  /** Aborted when the client has gone. A function, since making one costs something and few operations look at it. */
  readonly signal: () => AbortSignal;
}

export interface ResponseDeclaration {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** The media types beside JSON that the same answer may have. */
  readonly alsoAs?: readonly string[];
}

export interface RouteDeclaration<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
> {
  readonly method: Method;
  /** With `{name}` for parameters, as OpenAPI writes it. */
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
  /** Operators may do it too, in their own tenant. */
  readonly operatorsToo?: boolean;
  readonly params?: P;
  /** Strict: a parameter that is not in it is refused. */
  readonly query?: Q;
  /** The headers that it reads; others are let be. */
  readonly headers?: H;
  readonly body?: B;
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  /** The problems of its own, beside those that every operation has. */
  readonly problems?: readonly ProblemCode[];
  readonly handle: (
    request: RouteRequest<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>,
    deps: Deps,
  ) => Promise<Answer>;
}

/** A declared operation: what the router, the validation and the OpenAPI document are made from. */
export type Route = Omit<RouteDeclaration<z.ZodObject, z.ZodObject, z.ZodObject, z.ZodType>, 'handle'> & {
  readonly handle: (request: RouteRequest, deps: Deps) => Promise<Answer>;
};

/** Declares one operation of the API, in one place: its address, who may use it, what it takes and answers, and what it does. */
export const defineRoute = <P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType>(
  declaration: RouteDeclaration<P, Q, H, B>,
): Route => declaration as unknown as Route;
