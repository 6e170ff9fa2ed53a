import type { Answer } from '@freight/commands';
import { type JobEvent, type JobRow, jobRowColumns, jobViewOfRow, problem } from '@freight/contracts';
import type { Executed, VersionMismatch } from '@freight/eventstore';
import { assertNever, type Result } from '@freight/kernel';
import type { TenantSql } from '@freight/postgres';
import type { JobRejection } from '../domain/job/commands.ts';
import type { JobState } from '../domain/job/state.ts';

const problemOf = (rejection: JobRejection | VersionMismatch): ReturnType<typeof problem> => {
  switch (rejection.code) {
    case 'not_found':
      return problem('not_found');
    case 'already_exists':
      return problem('invalid_transition', 'The job exists already.');
    case 'version_mismatch':
      return problem('version_mismatch', 'Read the job again and decide anew.');
    case 'invalid_transition':
      return problem('invalid_transition', `The job is ${rejection.status}: ${rejection.command} is not possible now.`);
    default:
      return assertNever(rejection);
  }
};

/** The answer to a job command: the job as it is now, or the problem. */
export const answerOf = async (
  sql: TenantSql,
  jobId: string,
  result: Result<Executed<JobState, JobEvent>, JobRejection | VersionMismatch>,
  status: number,
): Promise<Answer> => {
  if (!result.ok) {
    const body = problemOf(result.error);
    return { status: body.status, body: { ...body } };
  }
  if (result.value.state.status === 'deleted') return { status: 204, body: {} };
  const [row] = await sql<JobRow[]>`
    select ${sql(jobRowColumns as unknown as string[])} from migration_jobs where tenant_id = freight_tenant() and id = ${jobId}`;
  if (!row) throw new Error('A job that was just changed has no row');
  return { status, body: { ...jobViewOfRow(row) } };
};
