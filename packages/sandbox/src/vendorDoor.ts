import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultInput } from './control/types.ts';
import type { Answer, Call, Reply, Routed } from './http/call.ts';
import { send } from './http/send.ts';
import { type Door, isReply, type Workspace } from './workspace.ts';

/**
 * Serves one request at a vendor's door: whose is it, does a scripted fault meet it, what is the answer, and was it
 * counted. The answer itself is synchronous, so that every request is atomic and they take effect one after another.
 */
export async function serveVendorCall(
  door: Door,
  call: Call,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
  now: () => number,
): Promise<void> {
  const { request, response } = exchange;
  const workspace = door.admit(call);
  if (isReply(workspace)) return send(response, workspace);

  const routed = workspace.route(call.method, call.path);
  const traceparent = call.headers.traceparent;
  workspace.stats.arrived(routed.isWrite, call.nowMs, typeof traceparent === 'string' ? traceparent : undefined);
  const finish = (reply: Reply): void => {
    workspace.stats.count(call.method, routed.route, String(reply.status));
    send(response, reply);
  };
  const hangUp = (outcome: string): void => {
    workspace.stats.count(call.method, routed.route, outcome);
    request.socket.destroy();
  };

  const fault = workspace.faults.next(call.method, call.path, call.query.toString());
  if (fault === undefined) return finish(carryOut(workspace, routed, call).reply);

  switch (fault.kind) {
    case '429':
    case '500':
    case '503':
      await delay(fault);
      return finish(workspace.refuse(statusOf(fault.kind), call, fault.retryAfterSeconds));
    case 'slow':
      await delay(fault);
      return finish(carryOut(workspace, routed, { ...call, nowMs: now() }).reply);
    case 'slow_after': {
      const { reply } = carryOut(workspace, routed, call);
      await delay(fault);
      return finish(reply);
    }
    case 'reset_before':
      await delay(fault);
      return hangUp('reset_before');
    case 'reset_after':
      carryOut(workspace, routed, call);
      await delay(fault);
      return hangUp('reset_after');
    case 'empty_page':
      return finish(carryOut(workspace, routed, { ...call, isPageEmpty: true }).reply);
    case 'vanish':
      workspace.remove?.(fault.ids ?? {});
      return finish(carryOut(workspace, routed, call).reply);
    case 'error_after':
      carryOut(workspace, routed, call);
      await delay(fault);
      return finish(workspace.refuse(500, call, undefined));
  }
}

function carryOut(workspace: Workspace, routed: Routed, call: Call): Answer {
  const answer = routed.run(call);
  if (answer.isLimited) workspace.stats.limited();
  else if (routed.isWrite) workspace.stats.wrote(call.nowMs);
  return answer;
}

const statusOf = (kind: '429' | '500' | '503'): 429 | 500 | 503 => (kind === '429' ? 429 : kind === '500' ? 500 : 503);

const delay = async (fault: FaultInput): Promise<void> => {
  const ms = fault.delayMs ?? 0;
  if (ms > 0) await new Promise(resolve => setTimeout(resolve, ms));
};
