import { describe, expect, it } from 'vitest';
import { platformTenantId, problem, problems, redisKeys, subjects, uuid } from './index.ts';

const tenant = '0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77';
const other = '0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a78';

/** Whether a subject is matched by a filter, as NATS does it. */
const matches = (filter: string, subject: string): boolean => {
  const [wanted, tokens] = [filter.split('.'), subject.split('.')];
  return (
    wanted.every((token, i) => (token === '>' ? i < tokens.length : token === '*' || token === tokens[i])) &&
    (wanted.at(-1) === '>' || wanted.length === tokens.length)
  );
};

describe('the subjects', () => {
  const made = [
    [subjects.command(tenant, 'jobs', 'start-job'), `freight.cmd.${tenant}.jobs.start-job`],
    [subjects.event(tenant, 'jobs', other, 'job-started'), `freight.evt.${tenant}.jobs.${other}.job-started`],
    [subjects.work('high', tenant, 'load'), `freight.work.high.${tenant}.load`],
    [subjects.result(tenant, other), `freight.result.${tenant}.${other}`],
    [subjects.dead(tenant, 'FREIGHT_WORK'), `freight.dead.${tenant}.FREIGHT_WORK`],
  ] as const;

  it('are what other programs and permissions were told', () => {
    for (const [subject, expected] of made) expect(subject).toBe(expected);
  });

  it('carry the tenant as third token, work as fourth', () => {
    for (const [subject] of made)
      expect(subject.split('.').indexOf(tenant)).toBe(subject.startsWith('freight.work.') ? 3 : 2);
  });

  it('are each matched by the filter of their kind, and by no other', () => {
    const filters = [subjects.allCommands, subjects.allEvents, subjects.allWork, subjects.allResults, subjects.allDead];
    made.forEach(([subject], i) =>
      expect(filters.map(filter => matches(filter, subject))).toEqual(filters.map((_, j) => i === j)),
    );
    expect(matches(subjects.commandsOf('jobs'), made[0][0])).toBe(true);
    expect(matches(subjects.commandsOf('tenants'), made[0][0])).toBe(false);
    expect(matches(subjects.workOfLane('high'), made[2][0])).toBe(true);
    expect(matches(subjects.workOfLane('low'), made[2][0])).toBe(false);
    expect(matches(subjects.eventsOfStream(tenant, 'jobs', other), made[1][0])).toBe(true);
    expect(matches(subjects.eventsOfStream(other, 'jobs', other), made[1][0])).toBe(false);
  });
});

describe('the keys in Redis', () => {
  it('start with freight and the tenant, or say that they are shared', () => {
    expect([
      redisKeys.lease(tenant, 'j', 'b'),
      redisKeys.requestRate(tenant),
      redisKeys.activeJobs(tenant),
      redisKeys.accountRate('acc', 'write'),
      redisKeys.accountPause('acc'),
    ]).toEqual([
      `freight:${tenant}:locks:j:b`,
      `freight:${tenant}:ratelimit:requests`,
      `freight:${tenant}:jobs:active`,
      'freight:shared:ratelimit:acc:write',
      'freight:shared:pause:acc',
    ]);
  });

  it('the shared word is no tenant, and the platform’s tenant is one', () => {
    expect(uuid.safeParse('shared').success).toBe(false);
    expect(uuid.safeParse(platformTenantId).success).toBe(true);
  });
});

describe('a problem', () => {
  it('has type, title, status and code of its kind, and detail and errors only where there are some', () => {
    expect(problem('not_found')).toEqual({
      type: 'urn:freight:problem:not_found',
      title: 'There is no such thing',
      status: 404,
      code: 'not_found',
    });
    expect(problem('invalid_request', 'mend it', [{ pointer: '/name', detail: 'is missing' }])).toMatchObject({
      status: 400,
      detail: 'mend it',
      errors: [{ pointer: '/name', detail: 'is missing' }],
    });
    expect(problem('invalid_request', undefined, [])).not.toHaveProperty('errors');
  });

  it('of any code has a status of its class and a code that can stand in a URN', () => {
    for (const [code, { status, title }] of Object.entries(problems)) {
      expect(code).toMatch(/^[a-z_]+$/);
      expect(status >= 400 && status < 600 && title.length > 5, code).toBe(true);
    }
  });
});
