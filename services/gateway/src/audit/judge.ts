import type { Answer } from '../http/answer.ts';
import type { Route } from '../http/defineRoute.ts';

/**
 * What the audit log has to do with an answer. `record`: written before the answer is given, or it is not given. `note`: written soon after.
 * `nothing`: it reads, or it is a command, whose entry is written with its reply.
 */
export type Verdict = 'record' | 'note' | 'nothing';

/** Refusals to let somebody in, which count for reads too: without a valid key, without the right, too often. */
const notLetIn = new Set([401, 403, 429]);

/** Whatever is handed out as a stream that has an end leaves the house; an event stream only follows. */
const isExport = ({ stream, headers }: Answer): boolean =>
  stream !== undefined && headers?.['content-type'] !== 'text/event-stream';

/** Every operation but a `GET`, and but those that a key with the scope `read` may use, changes something: nobody has to say so. */
export const judge = (route: Pick<Route, 'method' | 'scope'>, answer: Answer): Verdict => {
  if (answer.commandId !== undefined) return 'nothing';
  const changes = route.method !== 'get' && route.scope !== 'read';
  if (answer.status < 400) return changes || isExport(answer) ? 'record' : 'nothing';
  return changes || notLetIn.has(answer.status) ? 'note' : 'nothing';
};
