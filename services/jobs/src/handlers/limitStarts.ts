import type { CommandHandler } from '@freight/commands';
import { problem } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { countRunningJobs, lockJobStarts, readTenantSettings } from '../tenantLimits.ts';

class LimitReached extends Error {
  readonly jobsRunningMax: number;
  constructor(jobsRunningMax: number) {
    super('As many jobs run as the tenant may have');
    this.jobsRunningMax = jobsRunningMax;
  }
}

/**
 * Keeps a command that makes a job run within its tenant's limit: decided first, then counted, and undone where it is one too many. So a
 * command that changes nothing is never refused for it, nor is any while an operator has lowered the limit below what runs.
 */
export const limitStarts =
  <B>(handler: CommandHandler<B>): CommandHandler<B> =>
  async command => {
    const decide = await handler(command);
    return async sql => {
      await lockJobStarts(sql);
      const { jobsRunningMax } = await readTenantSettings(sql);
      const before = await countRunningJobs(sql);
      try {
        return await sql.savepoint(async raw => {
          const inner = raw as TenantSql;
          const answer = await decide(inner);
          const after = await countRunningJobs(inner);
          if (after > before && after > jobsRunningMax) throw new LimitReached(jobsRunningMax);
          return answer;
        });
      } catch (error) {
        if (!(error instanceof LimitReached)) throw error;
        const most = error.jobsRunningMax === 1 ? 'One job' : `${error.jobsRunningMax} jobs`;
        const body = problem(
          'job_limit_reached',
          `${most} of this tenant may run at once (jobsRunningMax). Try again when one has ended, or pause one.`,
        );
        return { status: body.status, body: { ...body } };
      }
    };
  };
