import { expect, it } from 'vitest';
import { takesIn } from './rights.ts';

it.each([
  ['freight.cmd.>', 'freight.cmd.t.jobs.start', true],
  ['freight.cmd.>', 'freight.cmd', false],
  ['freight.evt.*.jobs.*.*', 'freight.evt.t.jobs.j.started', true],
  ['freight.evt.*.jobs.*.*', 'freight.evt.t.tenants.j.started', false],
  ['freight.evt.*.jobs.*.*', 'freight.evt.t.jobs.j', false],
  ['freight.revoked.*', 'freight.revoked.t.more', false],
] as const)('%s takes in %s: %s', (pattern, subject, verdict) => expect(takesIn(pattern, subject)).toBe(verdict));
