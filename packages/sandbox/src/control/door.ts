import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Damages } from '../attio/damage/damages.ts';
import { BodyTooLargeError, readLines, readText } from '../http/body.ts';
import type { Reply } from '../http/call.ts';
import { createRouter } from '../http/router.ts';
import { send } from '../http/send.ts';
import type { Registry } from '../registry.ts';
import { SeedError, type Workspace } from '../workspace.ts';
import { faultInputSchema, workspaceInputSchema } from './types.ts';

/**
 * The control door: what no vendor offers. Makes workspaces, fills them, counts, scripts faults. It asks for no
 * credentials, so the sandbox belongs on a loopback address or inside a test network.
 */
interface Visit {
  readonly registry: Registry;
  readonly request: IncomingMessage;
  /** Present on routes below a workspace. */
  readonly workspace: Workspace;
  /** The parsed JSON body, read on demand. @throws ControlError when it is not JSON. */
  json(): Promise<unknown>;
}

type Handler = (visit: Visit) => Reply | Promise<Reply>;

class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const W = '/workspaces/{id}';
const routes = createRouter<Handler>();
routes.add('GET', '/workspaces', ({ registry }) => ok(registry.list().map(workspace => workspace.info)));
routes.add('POST', '/workspaces', async visit => {
  const input = workspaceInputSchema.parse(await visit.json());
  const workspace = visit.registry.create(input);
  if (workspace === undefined) throw new ControlError(409, 'that token already opens another workspace');
  return { status: 201, body: workspace.info };
});
routes.add('GET', W, ({ workspace }) => ok(workspace.info));
routes.add('DELETE', W, ({ registry, workspace }) => ok({ deleted: registry.remove(workspace.info.id) }));
routes.add('GET', `${W}/counts`, ({ workspace }) => ok(workspace.counts()));
routes.add('GET', `${W}/stats`, ({ workspace }) => ok(workspace.stats.read()));
routes.add('GET', `${W}/doubles`, ({ workspace }) => {
  if (workspace.doubles === undefined) throw new ControlError(400, 'only an attio workspace is searched for doubles');
  return ok(workspace.doubles());
});
routes.add('PUT', `${W}/limits`, async visit => {
  visit.workspace.setLimits(await visit.json());
  return ok({});
});
routes.add('POST', `${W}/faults`, async visit => {
  const input = faultInputSchema.parse(await visit.json());
  return { status: 201, body: visit.workspace.faults.add(input) };
});
routes.add('GET', `${W}/faults`, ({ workspace }) => ok({ faults: workspace.faults.list() }));
routes.add('DELETE', `${W}/faults`, ({ workspace }) => {
  workspace.faults.clear();
  return ok({});
});
routes.add('POST', `${W}/seed`, seed);
routes.add('POST', `${W}/affinity/add`, visit => {
  onlyAffinity(visit.workspace);
  return seed(visit);
});
routes.add('POST', `${W}/attio/edit`, async ({ workspace, json }) => {
  if (workspace.edit === undefined) throw new ControlError(400, 'this is not an attio workspace');
  return ok(workspace.edit(await json()));
});
routes.add('POST', `${W}/damages`, async ({ workspace, json }) => ok(damagesOf(workspace).add(await json())));
routes.add('GET', `${W}/damages`, ({ workspace }) => ok(damagesOf(workspace).report()));
routes.add('DELETE', `${W}/damages`, ({ workspace }) => {
  damagesOf(workspace).disarm();
  return ok({});
});
routes.add('POST', `${W}/affinity/delete`, async visit => {
  const remove = onlyAffinity(visit.workspace);
  return ok({ deleted: remove(await visit.json()) });
});

export async function serveControl(
  registry: Registry,
  at: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly path: string;
    readonly search: string;
  },
): Promise<void> {
  send(at.response, await answer(registry, at.request, at.path));
}

async function answer(registry: Registry, request: IncomingMessage, path: string): Promise<Reply> {
  const found = routes.find(request.method ?? 'GET', path);
  if (found === undefined) return { status: 404, body: { error: `there is no ${request.method} /control${path}` } };
  const id = found.params.id;
  const workspace = id === undefined ? undefined : registry.byId(id);
  if (id !== undefined && workspace === undefined) return { status: 404, body: { error: `no workspace ${id}` } };
  try {
    return await found.route({
      registry,
      request,
      // Routes without an id never look at it.
      workspace: workspace as Workspace,
      async json() {
        const text = await readText(request);
        try {
          return JSON.parse(text);
        } catch {
          throw new ControlError(400, 'the body is not JSON');
        }
      },
    });
  } catch (error) {
    if (error instanceof ControlError) return { status: error.status, body: { error: error.message } };
    if (error instanceof SeedError) return { status: 400, body: { error: error.message } };
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof BodyTooLargeError) return { status: 413, body: { error: 'the body is too large' } };
    throw error;
  }
}

/** Stores line by line; what came before a bad line stays stored, what follows is read and dropped. */
async function seed({ request, workspace }: Visit): Promise<Reply> {
  let accepted = 0;
  let lineNumber = 0;
  let refused: { error: string; line: number } | undefined;
  for await (const line of readLines(request)) {
    lineNumber += 1;
    if (refused !== undefined || line.trim() === '') continue;
    try {
      workspace.seed(JSON.parse(line));
      accepted += 1;
    } catch (error) {
      const reason = seedReason(error);
      if (reason === undefined) throw error;
      refused = { error: reason, line: lineNumber };
    }
  }
  return refused === undefined ? ok({ accepted }) : { status: 400, body: { ...refused, accepted } };
}

function seedReason(error: unknown): string | undefined {
  if (error instanceof SeedError) return error.message;
  if (error instanceof SyntaxError) return 'not JSON';
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return undefined;
}

function damagesOf({ damages }: Workspace): Damages {
  if (damages === undefined) throw new ControlError(400, 'only an attio workspace can be damaged');
  return damages;
}

function onlyAffinity(workspace: Workspace): (ids: unknown) => number {
  if (workspace.remove === undefined) throw new ControlError(400, 'this is not an affinity workspace');
  return ids => workspace.remove?.(ids) ?? 0;
}

const ok = (body: unknown): Reply => ({ status: 200, body });
