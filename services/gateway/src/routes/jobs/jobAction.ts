import { type JobCommandType, jobView, type ProblemCode } from '@freight/contracts';
import { type PreparedCommand, sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute, type Route } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { jobParams } from './jobParams.ts';

export interface JobActionDeclaration {
  /** The last step of the path. */
  readonly action: string;
  readonly command: JobCommandType;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Problems of its own. */
  readonly problems?: readonly ProblemCode[];
  /** What the command carries beside the job's id. */
  readonly more?: () => PreparedCommand['body'];
}

/** What the actions on a job have in common: they differ in their command only. */
export const jobAction = (declaration: JobActionDeclaration): Route =>
  defineRoute({
    method: 'post',
    path: `/v1/jobs/{jobId}/${declaration.action}`,
    operationId: declaration.operationId,
    tag: 'jobs',
    summary: declaration.summary,
    ...(declaration.description === undefined ? {} : { description: declaration.description }),
    scope: 'write',
    params: jobParams,
    headers: commandHeaders,
    responses: { 200: { description: 'The job as it is now.', schema: jobView }, ...accepted },
    problems: ['not_found', 'invalid_transition', ...(declaration.problems ?? [])],
    handle: (request, deps) =>
      sendCommand(deps, request, {
        service: 'jobs',
        type: declaration.command,
        prepare: () => ({ body: { jobId: request.params.jobId, ...declaration.more?.() } }),
      }),
  });
