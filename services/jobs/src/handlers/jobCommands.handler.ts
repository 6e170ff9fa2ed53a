import type { CommandHandler, CommandHandlers, ReceivedCommand } from '@freight/commands';
import type { jobCommands } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import type { JobCommand } from '../domain/job/commands.ts';
import { refreshBatches } from '../planning/results.ts';
import { jobStore } from '../store.ts';
import { answerOf } from './answer.ts';
import { createJobHandler } from './createJob.handler.ts';
import { limitStarts } from './limitStarts.ts';

interface HandlerOptions {
  readonly now: () => Date;
  /** Told after a command was decided, so that the dispatcher looks at once. */
  readonly wake: () => void;
}

/** A handler for a command that one decision answers. `after` runs in the same transaction, when the command changed something. */
const decideHandler =
  <B extends { readonly jobId: string }>(
    options: HandlerOptions,
    toCommand: (command: ReceivedCommand<B>) => JobCommand,
    after?: (sql: TenantSql, command: ReceivedCommand<B>, runId: string | null) => Promise<void>,
  ): CommandHandler<B> =>
  command =>
    Promise.resolve(async sql => {
      const { jobId } = command.body;
      const result = await jobStore.execute(sql, {
        tenantId: command.envelope.tenantId,
        streamId: jobId,
        command: toCommand(command),
        expected: 'any',
        metadata: command.metadata,
        now: options.now(),
      });
      if (result.ok && result.value.events.length > 0 && after) {
        const { state } = result.value;
        await after(sql, command, 'run' in state && state.run ? state.run.runId : null);
      }
      // The wake may come before the commit: the next poll then sees it.
      setTimeout(options.wake, 5);
      return answerOf(sql, jobId, result, 200);
    });

export const createJobHandlers = (options: HandlerOptions): CommandHandlers<typeof jobCommands> => ({
  'create-job': createJobHandler(options.now),
  'start-job': limitStarts(
    decideHandler(options, ({ body, envelope }) => ({
      type: 'start-job',
      runId: body.runId,
      startedBy: envelope.actor.id,
    })),
  ),
  'pause-job': decideHandler(options, () => ({
    type: 'pause-job',
    reason: 'requested',
    detail: 'Paused by request; resume it when you like.',
  })),
  'resume-job': limitStarts(
    decideHandler(
      options,
      () => ({ type: 'resume-job' }),
      async (sql, { envelope }, runId) => {
        if (runId) await refreshBatches(sql, { tenantId: envelope.tenantId, runId });
      },
    ),
  ),
  'cancel-job': decideHandler(options, () => ({ type: 'cancel-job' })),
  'delete-job': decideHandler(options, () => ({ type: 'delete-job' })),
});
